// Windows Credential Manager. Targets are case-insensitive; a secret has at most 2560 bytes; text is
// UTF-16LE.

import type { Backend, Entry, Secret, TextForm } from "../../backend.ts";
import { Failure, KeyringError, quote } from "../../errors.ts";
import type { EntryInfo, Keyring, Persistence } from "../../keyring.ts";
import { readVariable } from "../../lib/environment.ts";
import { foldCase } from "../../lib/glob.ts";
import { StoreKeyring } from "../../store_keyring.ts";
import { guard } from "../../layouts/guard.ts";
import type { Layout, LayoutName } from "../../layouts/layout.ts";
import { layoutOf } from "../../layouts/table.ts";
import { markOf } from "../../layouts/python.ts";
import { Entries } from "./entries.ts";
import { exclusively } from "./mutex.ts";
import {
  MAX_BLOB_BYTES,
  MAX_ENTRY_TARGET_LENGTH,
  MAX_USERNAME_LENGTH,
  PERSIST,
} from "./symbols.ts";
import { encodingOf, stripNamespace, textFormOf } from "./target.ts";

export { ffiFlag as flags, probe } from "./libraries.ts";

/** Options of a {@linkcode WindowsKeyring}. */
export interface WindowsKeyringOptions {
  /**
   * How long, and where, Windows keeps the entries that are written.
   *
   * @default {"local"}, or what the program of another layout uses
   */
  persistence?: Persistence;
  /**
   * The program whose entries are read and written, in its own form.
   *
   * @default {"python"}
   */
  layout?: LayoutName;
}

/**
 * The Credential Manager of the Windows user who runs the process.
 *
 * Needs `--allow-ffi=C:\Windows\System32\advapi32.dll,C:\Windows\System32\kernel32.dll`. A secret of
 * more than 2560 bytes (text: 1280 UTF-16 code units) is stored in parts, up to 42,000 bytes.
 *
 * @example Store an entry that ends with the logon session
 * ```ts
 * import { WindowsKeyring } from "@os-keyring/keyring/backends";
 *
 * const keyring = new WindowsKeyring({ persistence: "session" });
 * await keyring.setPassword("my_app", "alice", "correct horse");
 * ```
 */
export class WindowsKeyring extends StoreKeyring {
  /**
   * Makes the keyring; nothing is opened before the first call.
   *
   * @param options How entries are kept, and which.
   */
  constructor(options: WindowsKeyringOptions = {}) {
    const layout = layoutOf(options.layout);
    const { persistence = layout.windows.persistence } = options;
    if (!Object.hasOwn(PERSIST, persistence)) {
      throw new TypeError(`Unknown persistence "${persistence}"`);
    }
    super(guard(new CredentialManagerBackend(layout, PERSIST[persistence]), layout));
  }
}

class CredentialManagerBackend implements Backend {
  readonly name = "Windows Credential Manager";
  readonly limits = {
    unit: "characters",
    // Room for `user@` in front of the service.
    service: MAX_ENTRY_TARGET_LENGTH - MAX_USERNAME_LENGTH - 1,
    username: MAX_USERNAME_LENGTH,
  } as const;
  readonly maxSecretBytes = MAX_BLOB_BYTES;
  // The whole store is small: an undocumented number of credentials fills it.
  readonly maxLargeSecretBytes = 42_000;
  readonly text: TextForm;
  readonly #layout: Layout;
  readonly #entries: Entries;

  constructor(layout: Layout, persist: number) {
    this.#layout = layout;
    this.#entries = new Entries(layout.windows, persist);
    this.text = textFormOf(layout.windows);
  }

  // The calls are synchronous; a failure is a rejection all the same.
  read(entry: Entry): Promise<Secret | null> {
    return Promise.try(() => {
      const found = this.#entries.find(entry);
      if (!found) return null;
      const { secret, encoding: known } = this.#layout.windows;
      if (known !== "detected") return { bytes: secret?.read(found) ?? found.blob };
      const { blob: bytes, comment } = found;
      const kind = markOf(comment)?.kind;
      if (kind) return { bytes, kind };
      const encoding = encodingOf(comment);
      return encoding ? { bytes, encoding } : { bytes };
    });
  }

  async write(entry: Entry, secret: Secret, signal?: AbortSignal): Promise<Uint8Array[]> {
    checkLength(this.#layout, entry.service);
    return await exclusively(signal, () => this.#entries.write(entry, secret));
  }

  async remove(entry: Entry, signal?: AbortSignal): Promise<Uint8Array[] | null> {
    return await exclusively(signal, () => this.#entries.remove(entry));
  }

  list(service: string | undefined): Promise<EntryInfo[]> {
    return Promise.try(() => this.#entries.list(service && stripNamespace(service)));
  }

  findUsername(service: string): Promise<string | null> {
    return Promise.try(() => this.#entries.findUsername(stripNamespace(service)));
  }

  has(entry: Entry): Promise<boolean> {
    return Promise.try(() => {
      const found = this.#entries.find(entry);
      found?.blob.fill(0);
      return found !== undefined;
    });
  }

  locate(entry: Entry): Promise<string[]> {
    return Promise.try(() =>
      this.#entries.targetsOf(entry).map((target) => `windows:${foldCase(target)}`)
    );
  }

  keyOf({ service, username }: Entry): string {
    return JSON.stringify([foldCase(stripNamespace(service)), username]);
  }
}

function checkLength({ program, windows: { maxServiceBytes } }: Layout, service: string): void {
  const length = new TextEncoder().encode(service).length;
  if (maxServiceBytes === undefined || length <= maxServiceBytes) return;
  const reason = `the service has ${length} bytes, and ${program} takes at most ${maxServiceBytes}`;
  throw new Failure("other", reason);
}

const PERSISTENCE_WORDS = new Map<string, Persistence>([
  ["session", "session"],
  ["local", "local"],
  ["local machine", "local"],
  ["enterprise", "enterprise"],
  ["1", "session"],
  ["2", "local"],
  ["3", "enterprise"],
]);

/** Opens the keyring with `KEYRING_PROPERTY_PERSIST`, in Python's words or ours. */
export function open({ layout = "python" }: { layout?: LayoutName | undefined } = {}): Keyring {
  if (layout !== "python") return new WindowsKeyring({ layout });
  const value = readVariable("KEYRING_PROPERTY_PERSIST");
  if (value === undefined) return new WindowsKeyring();
  const persistence = PERSISTENCE_WORDS.get(value.toLowerCase());
  if (persistence) return new WindowsKeyring({ persistence });
  throw new KeyringError(`KEYRING_PROPERTY_PERSIST is ${quote(value)}`, {
    operation: "open",
    advice: "Set it to session, local machine or enterprise.",
  });
}
