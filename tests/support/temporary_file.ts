// A vault in a folder of its own, which is removed at the end of its test.

import { VaultKeyring, type VaultKeyringOptions } from "../../file.ts";

/** A folder with room for a vault and an identity. */
export class TemporaryVault implements AsyncDisposable {
  readonly path: string;
  readonly identityFile: string;

  private constructor(readonly folder: string) {
    this.path = `${folder}/vault.age`;
    this.identityFile = `${folder}/identity.txt`;
  }

  /** Makes the folder, and no vault yet. */
  static async empty(): Promise<TemporaryVault> {
    return new TemporaryVault(await Deno.makeTempDir({ prefix: "os-keyring-test-" }));
  }

  /** Makes the folder and a vault that its identity opens. */
  static async create(): Promise<TemporaryVault> {
    const vault = await TemporaryVault.empty();
    await vault.open().create();
    return vault;
  }

  /** Opens the vault with its identity, unless the options say otherwise. */
  open(options: VaultKeyringOptions = { identityFile: this.identityFile }): VaultKeyring {
    return new VaultKeyring({ path: this.path, ...options });
  }

  /** The names of what is in the folder. */
  async files(): Promise<string[]> {
    const names = [];
    for await (const { name } of Deno.readDir(this.folder)) names.push(name);
    return names.sort();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.folder, { recursive: true });
  }
}
