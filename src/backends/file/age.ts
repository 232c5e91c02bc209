import { Failure } from "../../errors.ts";

// Not a literal in `import()`, and no type of the package anywhere: Deno would fetch it with the
// main module, for the many who use no encrypted file.
export const AGE_PACKAGE = "npm:age-encryption@^0.3.1";

export interface AgeModule {
  Encrypter: new () => {
    addRecipient(recipient: string): void;
    setPassphrase(passphrase: string): void;
    setScryptWorkFactor(logN: number): void;
    encrypt(file: Uint8Array): Promise<Uint8Array>;
  };
  Decrypter: new () => {
    addIdentity(identity: string): void;
    addPassphrase(passphrase: string): void;
    decrypt(file: Uint8Array): Promise<Uint8Array>;
  };
  armor: { decode(text: string): Uint8Array };
  generateX25519Identity(): Promise<string>;
  identityToRecipient(identity: string): Promise<string>;
}

export type FileKey =
  | { kind: "identity"; identities: readonly string[]; file: string }
  | { kind: "passphrase"; passphrase: string };

export const LEAST_WORK_FACTOR = 18;

/** The largest that typage reads: about five seconds and 1 GiB of memory. */
export const GREATEST_WORK_FACTOR = 20;

async function load(): Promise<AgeModule> {
  try {
    return await import(AGE_PACKAGE);
  } catch (error) {
    const reason = error instanceof Error ? error.message.split("\n")[0] : String(error);
    throw new Failure("other", `the package age-encryption cannot be loaded: ${reason}`, {
      advice: "It encrypts the file. Download it once with " +
        "`deno cache jsr:@os-keyring/keyring@^0.1/file`.",
      cause: error,
    });
  }
}

/** The file without its armor; `undefined` when it is not one of age's. */
export async function binaryForm(file: Uint8Array): Promise<Uint8Array | undefined> {
  const start = startOf(file).trimStart();
  if (start.startsWith("age-encryption.org/v1\n")) return file;
  if (!start.startsWith("-----BEGIN AGE ENCRYPTED FILE-----")) return undefined;
  const { armor } = await load();
  try {
    return armor.decode(new TextDecoder().decode(file));
  } catch {
    return undefined;
  }
}

export function keyKind(file: Uint8Array): FileKey["kind"] {
  return startOf(file).includes("\n-> scrypt ") ? "passphrase" : "identity";
}

function startOf(file: Uint8Array): string {
  return new TextDecoder("latin1").decode(file.subarray(0, 64));
}

/** All of the plaintext or nothing; `null` when the key does not fit. */
export async function decrypt(file: Uint8Array, key: FileKey): Promise<Uint8Array | null> {
  const { Decrypter } = await load();
  const decrypter = new Decrypter();
  if (key.kind === "passphrase") decrypter.addPassphrase(key.passphrase);
  else key.identities.forEach((identity) => addIdentity(decrypter, identity));
  try {
    return await decrypter.decrypt(file);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    if (/no identity matched/.test(reason)) return null;
    throw new Failure("corrupt", `it is damaged: ${reason}`, { cause: error });
  }
}

function addIdentity(decrypter: InstanceType<AgeModule["Decrypter"]>, identity: string): void {
  try {
    decrypter.addIdentity(identity);
  } catch {
    // Without the cause, which may quote it.
    throw new Failure("locked", "an identity has a typing error: its checksum is wrong");
  }
}

export async function encrypt(
  plaintext: Uint8Array,
  to: readonly string[] | { passphrase: string; workFactor: number },
): Promise<Uint8Array> {
  const { Encrypter } = await load();
  const encrypter = new Encrypter();
  if ("passphrase" in to) {
    encrypter.setPassphrase(to.passphrase);
    encrypter.setScryptWorkFactor(to.workFactor);
  } else to.forEach((recipient) => encrypter.addRecipient(recipient));
  return await encrypter.encrypt(plaintext);
}

export async function newIdentity(): Promise<string> {
  return await (await load()).generateX25519Identity();
}

/** The recipient that an identity decrypts for; `undefined` when it is not one. */
export async function recipientOf(identity: string): Promise<string | undefined> {
  const { identityToRecipient } = await load();
  try {
    return await identityToRecipient(identity);
  } catch {
    return undefined;
  }
}

export async function isRecipient(recipient: string): Promise<boolean> {
  // Other kinds of recipient begin with age1 and a second 1.
  if (!/^age1[02-9ac-hj-np-z]{58}$/.test(recipient)) return false;
  await load();
  try {
    // Some points of the curve are only refused when something is encrypted for them.
    await encrypt(new Uint8Array(), [recipient]);
    return true;
  } catch {
    return false;
  }
}
