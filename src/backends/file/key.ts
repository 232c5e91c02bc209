import { readVariable } from "../../lib/environment.ts";
import { type FileKey, newIdentity, recipientOf } from "./age.ts";
import { explained, FileError } from "./file_error.ts";
import { isThere, writeNew } from "./files.ts";
import { folderOf } from "./location.ts";
import { checkFile } from "./permissions.ts";

/** What a passphrase is asked for. */
export interface PassphraseRequest {
  /** The encrypted file's path. */
  path: string;
  /** Whether it is a new one, which is better asked for twice. */
  isNew: boolean;
}

/** Asks somebody for a passphrase. */
export type AskPassphrase = (request: PassphraseRequest) => Promise<string>;

/** Where a key may come from. */
export interface KeySources {
  identityFile?: string | undefined;
  passphrase?: string | undefined;
  /** Asks a person, when nothing else has it. */
  ask?: AskPassphrase | undefined;
}

const IDENTITY = "KEYRING_FILE_IDENTITY";
const PASSPHRASE_FILE = "KEYRING_FILE_PASSPHRASE_FILE";
const PASSPHRASE = "KEYRING_FILE_PASSPHRASE";

const WAYS = `Set ${IDENTITY} to an identity file or ${PASSPHRASE_FILE} to a file with the ` +
  `passphrase (or ${PASSPHRASE} to the passphrase itself), or run it in a terminal.`;

// An identity file has a few lines, a passphrase one.
const LARGEST_KEY_FILE = 64 * 1024;

export async function findKey(
  kind: FileKey["kind"],
  path: string,
  sources: KeySources,
): Promise<FileKey> {
  if (kind === "passphrase") return await passphraseKey({ path, isNew: false }, sources);
  const file = identityPath(sources);
  if (file !== undefined) return await readIdentities(file);
  throw new FileError("locked", `the encrypted file "${path}" is encrypted for identities`, {
    advice: `Set ${IDENTITY} to the path of an identity file that it is encrypted for.` +
      mayNotRead(IDENTITY),
  });
}

/**
 * Finds the key for a new encrypted file: that of the identity file where one is configured, which
 * is made when it is missing, else a passphrase.
 */
export async function findNewKey(path: string, sources: KeySources): Promise<FileKey> {
  const file = identityPath(sources);
  if (file === undefined) return await passphraseKey({ path, isNew: true }, sources);
  const reading = `the identity file "${file}" cannot be read`;
  const found = await explained(reading, `--allow-read=${file}`, () => isThere(file));
  if (!found) await makeIdentityFile(file);
  return await readIdentities(file);
}

export async function ownRecipients(key: FileKey): Promise<string[]> {
  if (key.kind === "passphrase") return [];
  const recipients = await Promise.all(key.identities.map(recipientOf));
  return recipients.filter((recipient) => recipient !== undefined);
}

function identityPath(sources: KeySources): string | undefined {
  if (sources.identityFile !== undefined) return sources.identityFile;
  return sources.passphrase === undefined ? readVariable(IDENTITY) : undefined;
}

async function passphraseKey(request: PassphraseRequest, sources: KeySources): Promise<FileKey> {
  const passphrase = await findPassphrase(request, sources);
  checkPassphrase(passphrase);
  return { kind: "passphrase", passphrase };
}

async function findPassphrase(request: PassphraseRequest, sources: KeySources): Promise<string> {
  if (sources.passphrase !== undefined) return sources.passphrase;
  const file = readVariable(PASSPHRASE_FILE);
  if (file !== undefined) return await readPassphrase(file);
  const passphrase = readVariable(PASSPHRASE) ?? await sources.ask?.(request);
  if (passphrase !== undefined) return passphrase;
  const what = request.isNew ? "needs a key" : "is locked with a passphrase";
  throw new FileError("locked", `the encrypted file "${request.path}" ${what}, and none is given`, {
    advice: WAYS + mayNotRead(PASSPHRASE_FILE),
  });
}

export function checkPassphrase(passphrase: string): void {
  if (typeof passphrase !== "string" || passphrase === "") {
    throw new FileError("locked", "the passphrase of the encrypted file is empty", {
      advice: WAYS,
    });
  }
}

function mayNotRead(variable: string): string {
  const { state } = Deno.permissions.querySync({ name: "env", variable });
  return state === "granted" ? "" : ` Variables are read only with --allow-env=${variable}.`;
}

async function readPassphrase(path: string): Promise<string> {
  const text = await readKeyFile("the passphrase file", path);
  return text.replace(/\r?\n$/, "");
}

async function readIdentities(path: string): Promise<FileKey> {
  const text = await readKeyFile("the identity file", path);
  const identities = text.split(/\r?\n/).map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"));
  if (!identities.every((identity) => /^AGE-SECRET-KEY-1[02-9AC-HJ-NP-Z]{58}$/.test(identity))) {
    throw new FileError("locked", `the identity file "${path}" holds something else`, {
      advice: "It may hold lines with AGE-SECRET-KEY-1…, as age-keygen writes them, and comments.",
    });
  }
  if (identities.length > 0) return { kind: "identity", identities };
  throw new FileError("locked", `the identity file "${path}" holds no identity`);
}

async function readKeyFile(what: string, path: string): Promise<string> {
  const read = async () => {
    using file = await Deno.open(path, { read: true });
    checkFile(what, path, await file.stat());
    return await readText(file, what, path);
  };
  try {
    return await explained(`${what} "${path}" cannot be read`, `--allow-read=${path}`, read);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new FileError("locked", `there is no file at "${path}", where ${what} should be`);
  }
}

/** From the start to the end, since a pipe has no size. */
async function readText(file: Deno.FsFile, what: string, path: string): Promise<string> {
  const bytes = new Uint8Array(LARGEST_KEY_FILE);
  try {
    let length = 0;
    while (true) {
      const count = await file.read(bytes.subarray(length));
      if (count === null) break;
      length += count;
      if (length === bytes.length) throw new FileError("locked", `${what} "${path}" is too large`);
    }
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })
      .decode(bytes.subarray(0, length));
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new FileError("locked", `${what} "${path}" is not text`);
  } finally {
    bytes.fill(0);
  }
}

async function makeIdentityFile(path: string): Promise<void> {
  const identity = await newIdentity();
  const recipient = await recipientOf(identity);
  const lines = [`# created: ${new Date().toISOString()}`, `# public key: ${recipient}`, identity];
  const make = async () => {
    await Deno.mkdir(folderOf(path), { recursive: true, mode: 0o700 });
    await writeNew(path, new TextEncoder().encode(`${lines.join("\n")}\n`));
  };
  await explained(
    `the identity file "${path}" cannot be made`,
    `--allow-write=${folderOf(path)}`,
    make,
  );
}
