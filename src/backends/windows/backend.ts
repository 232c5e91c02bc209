// Windows Credential Manager, with the entries as a layout has them.

import type { Persistence } from "../../keyring.ts";
import { StoreKeyring } from "../../store_keyring.ts";
import { guard } from "../../layouts/guard.ts";
import type { LayoutName } from "../../layouts/layout.ts";
import { layoutOf } from "../../layouts/table.ts";
import { CredentialManagerBackend } from "./credential_manager.ts";
import { PERSIST } from "./symbols.ts";

/** Options of a {@linkcode WindowsKeyring}. */
export interface WindowsKeyringOptions {
  /**
   * How long, and where, Windows keeps new entries.
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
