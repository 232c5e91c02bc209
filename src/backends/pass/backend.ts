import type { Viability } from "../../errors.ts";
import type { CallOptions, Keyring } from "../../keyring.ts";
import { StoreKeyring } from "../../store_keyring.ts";
import type { PassOptions } from "./options.ts";
import { PassBackend } from "./pass_backend.ts";

export type { PassOptions } from "./options.ts";

/**
 * The store of `pass`, the standard Unix password manager, which gopass reads, too: a folder of files
 * that `gpg` encrypts. Chosen by `KEYRING_BACKEND=pass`.
 *
 * An entry is the file `SERVICE/USERNAME.gpg`, and its password the first line; further lines are kept
 * when it is replaced. The slashes of a service separate folders. A slash in a username, a leading dot
 * and control characters are written as `%2F` and the like. A password of several lines, and a secret
 * that is not text, are stored as Base64 behind the marker `os-keyring-base64:`.
 *
 * A secret has at most 1 MiB, a service 1,024 bytes, a username 240, and each folder or file 255 once
 * its name is written so. Each entry is encrypted to the keys of the nearest `.gpg-id`, and where the
 * store is a git repository, each change is committed, or taken back if that fails.
 *
 * A key that is not unlocked is a `KeyringLockedError`; no store, or no `gpg`, a `NoKeyringError`; a
 * store without keys an `InitError`.
 *
 * Needs `--allow-run=gpg`, `--allow-read` of the store, and `--allow-env=HOME,PASSWORD_STORE_DIR`. A
 * write also needs `--allow-write` of it,
 * `--allow-env=PASSWORD_STORE_KEY,PASSWORD_STORE_SIGNING_KEY`, and in a git repository
 * `--allow-run=git` and `--allow-env=GIT_*`.
 *
 * @example Read a password that `pass insert my_app/alice` stored
 * ```ts
 * import { PassKeyring } from "@os-keyring/keyring/backends";
 *
 * const keyring = new PassKeyring({ folder: "/srv/password-store" });
 * const password = await keyring.getPassword("my_app", "alice");
 * ```
 */
export class PassKeyring extends StoreKeyring {
  /**
   * Makes the keyring; nothing is looked for before the first call.
   *
   * @param options Where the store and the keys are, and the time limit.
   */
  constructor(options: PassOptions = {}) {
    super(new PassBackend(options));
  }
}

export function open(): Keyring {
  return new PassKeyring();
}

export { flags } from "./flags.ts";

export async function probe(options?: CallOptions): Promise<Viability> {
  return await (await import("./probe.ts")).probe(options);
}
