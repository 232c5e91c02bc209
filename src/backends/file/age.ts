import { FileError } from "./file_error.ts";

/**
 * What is imported. Not a literal in `import()`, and no type of it anywhere here: Deno would fetch
 * the package with the main module, for the many who use no encrypted file.
 */
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
  /** Makes a new X25519 identity. */
  generateX25519Identity(): Promise<string>;
  identityToRecipient(identity: string): Promise<string>;
}

export type FileKey =
  | { kind: "identity"; identities: readonly string[] }
  | { kind: "passphrase"; passphrase: string };

export const LEAST_WORK_FACTOR = 18;

/** The largest that typage takes when it reads: about five seconds and 1 GiB of memory. */
export const GREATEST_WORK_FACTOR = 20;

async function load(): Promise<AgeModule> {
  try {
    return await import(AGE_PACKAGE);
  } catch (error) {
    const reason = error instanceof Error ? error.message.split("\n")[0] : String(error);
    throw new FileError("other", `the package age-encryption cannot be loaded: ${reason}`, {
      advice: "Encrypted files are encrypted with it. Fetch it once with " +
        "`deno cache jsr:@os-keyring/keyring/file`.",
      cause: error,
    });
  }
}

export async function binaryForm(file: Uint8Array): Promise<Uint8Array | undefined> {
  const start = new TextDecoder("latin1").decode(file.subarray(0, 64)).trimStart();
  if (start.startsWith("age-encryption.org/v1\n")) return file;
  if (!start.startsWith("-----BEGIN AGE ENCRYPTED FILE-----")) return undefined;
  try {
    return (await load()).armor.decode(new TextDecoder().decode(file));
  } catch (error) {
    if (error instanceof FileError) throw error;
    return undefined;
  }
}

export function keyKind(file: Uint8Array): FileKey["kind"] {
  const start = new TextDecoder("latin1").decode(file.subarray(0, 64));
  return start.includes("\n-> scrypt ") ? "passphrase" : "identity";
}

/** Decrypts an age file, whole or not at all. */
export async function decrypt(file: Uint8Array, key: FileKey): Promise<Uint8Array | null> {
  const { Decrypter } = await load();
  const decrypter = new Decrypter();
  if (key.kind === "passphrase") decrypter.addPassphrase(key.passphrase);
  else for (const identity of key.identities) addIdentity(decrypter, identity);
  try {
    return await decrypter.decrypt(file);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    if (/no identity matched/.test(reason)) return null;
    throw new FileError("damaged", `it is damaged: ${reason}`, { cause: error });
  }
}

function addIdentity(
  decrypter: InstanceType<AgeModule["Decrypter"]>,
  identity: string,
): void {
  try {
    decrypter.addIdentity(identity);
  } catch {
    // Without the cause, which may quote it.
    throw new FileError("locked", "an identity has a typing error: its check sum is wrong");
  }
}

export async function encryptFor(
  plaintext: Uint8Array,
  recipients: readonly string[],
): Promise<Uint8Array> {
  const { Encrypter } = await load();
  const encrypter = new Encrypter();
  for (const recipient of recipients) encrypter.addRecipient(recipient);
  return await encrypter.encrypt(plaintext);
}

export async function encryptWith(
  plaintext: Uint8Array,
  passphrase: string,
  workFactor: number,
): Promise<Uint8Array> {
  const { Encrypter } = await load();
  const encrypter = new Encrypter();
  encrypter.setPassphrase(passphrase);
  encrypter.setScryptWorkFactor(workFactor);
  return await encrypter.encrypt(plaintext);
}

export async function newIdentity(): Promise<string> {
  return await (await load()).generateX25519Identity();
}

/** Tells for whom to encrypt so that an identity can decrypt. */
export async function recipientOf(identity: string): Promise<string | undefined> {
  const { identityToRecipient } = await load();
  try {
    return await identityToRecipient(identity);
  } catch {
    return undefined;
  }
}

export async function isRecipient(recipient: string): Promise<boolean> {
  // Its other kinds begin with age1 and a further 1.
  if (!/^age1[02-9ac-hj-np-z]{58}$/.test(recipient)) return false;
  const { Encrypter } = await load();
  try {
    new Encrypter().addRecipient(recipient);
    return true;
  } catch {
    return false;
  }
}
