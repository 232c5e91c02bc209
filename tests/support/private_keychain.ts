// A home folder with a keychain of its own: macOS finds the user's keychains by HOME. As that
// keychain is not below Library/Keychains, it has no partition lists.

import { assertStringIncludes } from "@std/assert";
import { type Outcome, runToEnd } from "../fixtures/command.ts";

export class PrivateKeychain implements AsyncDisposable {
  readonly path: string;
  readonly env: Record<string, string>;

  private constructor(readonly folder: string, denoFolder: string) {
    this.path = `${folder}/test.keychain-db`;
    this.env = { HOME: folder, DENO_DIR: denoFolder };
  }

  /** Makes it the default keychain of that home folder, unlocked. */
  static async make(folder: string, denoFolder: string): Promise<PrivateKeychain> {
    const keychain = new PrivateKeychain(folder, denoFolder);
    const { path } = keychain;
    const password = crypto.randomUUID();
    await Deno.mkdir(`${folder}/Library/Preferences`, { recursive: true });
    await keychain.security("create-keychain", "-p", password, path);
    await keychain.security("set-keychain-settings", path);
    await keychain.security("unlock-keychain", "-p", password, path);
    await keychain.security("list-keychains", "-d", "user", "-s", path);
    await keychain.security("default-keychain", "-d", "user", "-s", path);
    // Nothing may reach the keychain of the person at this Mac.
    assertStringIncludes(await keychain.security("default-keychain"), path);
    return keychain;
  }

  async security(...args: string[]): Promise<string> {
    const { code, out, err } = await this.run("/usr/bin/security", args);
    if (code !== 0) throw new Error(`security ${args[0]} failed: ${err}`);
    return out;
  }

  run(program: string, args: string[], stdin = ""): Promise<Outcome> {
    return runToEnd(program, args, stdin, this.env);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.security("delete-keychain", this.path);
  }
}
