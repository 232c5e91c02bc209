// Targets are case-insensitive; a secret has at most 2560 bytes; text is UTF-16LE.

import type { Backend, Entry, Secret, TextForm } from "../../backend.ts";
import { Failure } from "../../errors.ts";
import type { EntryInfo } from "../../keyring.ts";
import { foldCase } from "../../lib/glob.ts";
import type { Layout } from "../../layouts/layout.ts";
import { markOf } from "../../layouts/python.ts";
import { Entries } from "./entries.ts";
import { exclusively } from "./mutex.ts";
import { MAX_BLOB_BYTES, MAX_ENTRY_TARGET_LENGTH, MAX_USERNAME_LENGTH } from "./symbols.ts";
import { encodingOf, stripNamespace, textFormOf } from "./target.ts";

/** The part of a layout that is about Windows. */
type WindowsLayout = Pick<Layout, "program" | "windows">;

export class CredentialManagerBackend implements Backend {
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
  readonly #layout: WindowsLayout;
  readonly #entries: Entries;

  constructor(layout: WindowsLayout, persist: number) {
    this.#layout = layout;
    this.#entries = new Entries(layout.windows, persist);
    this.text = textFormOf(layout.windows);
  }

  // The calls are synchronous, but a failure is still a rejection.
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
    const refusal = lengthRefusal(this.#layout, entry.service);
    if (refusal) throw refusal;
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

  checkEach(entries: readonly Entry[]): Promise<(Error | undefined)[]> {
    return Promise.try(() => {
      const taken = this.#entries.takenAmong(entries);
      return entries.map((entry, index) =>
        lengthRefusal(this.#layout, entry.service) ?? taken[index]
      );
    });
  }

  keyOf({ service, username }: Entry): string {
    return JSON.stringify([foldCase(stripNamespace(service)), username]);
  }
}

function lengthRefusal(
  { program, windows: { maxServiceBytes } }: WindowsLayout,
  service: string,
): Failure | undefined {
  const length = new TextEncoder().encode(service).length;
  if (maxServiceBytes === undefined || length <= maxServiceBytes) return undefined;
  const reason = `the service has ${length} bytes, and ${program} takes at most ${maxServiceBytes}`;
  return new Failure("other", reason);
}
