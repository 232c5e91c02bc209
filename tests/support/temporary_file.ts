// An encrypted file in a folder of its own, which is removed at the end of the test.

import { EncryptedFileKeyring, type EncryptedFileOptions } from "../../file.ts";

/** A folder with room for an encrypted file and an identity. */
export class TemporaryFile implements AsyncDisposable {
  readonly path: string;
  readonly identityFile: string;

  private constructor(readonly folder: string) {
    this.path = `${folder}/keyring.age`;
    this.identityFile = `${folder}/identity.txt`;
  }

  /** Makes the folder, and no encrypted file yet. */
  static async empty(): Promise<TemporaryFile> {
    return new TemporaryFile(await Deno.makeTempDir({ prefix: "os-keyring-test-" }));
  }

  /** Makes the folder and an encrypted file that its identity opens. */
  static async create(): Promise<TemporaryFile> {
    const temporary = await TemporaryFile.empty();
    await temporary.open().create();
    return temporary;
  }

  /** Makes the folder and an encrypted file with a passphrase. */
  static async locked(passphrase: string): Promise<TemporaryFile> {
    const temporary = await TemporaryFile.empty();
    await temporary.open({ passphrase }).create();
    return temporary;
  }

  /** Opens the encrypted file with its identity, unless the options say otherwise. */
  open(options: EncryptedFileOptions = { identityFile: this.identityFile }): EncryptedFileKeyring {
    return new EncryptedFileKeyring({ path: this.path, ...options });
  }

  /** The names of the files in the folder. */
  async files(): Promise<string[]> {
    const names = [];
    for await (const { name } of Deno.readDir(this.folder)) names.push(name);
    return names.sort();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.folder, { recursive: true });
  }
}
