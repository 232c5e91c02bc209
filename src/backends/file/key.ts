// The keys of the file: where they come from.

import { Failure } from "../../errors.ts";
import { lookUp } from "../../lib/environment.ts";
import { allowFlag, envFlag, mergeFlags } from "../../lib/shell.ts";
import { type FileKey, newIdentity, recipientOf } from "./age.ts";
import { isThere, readKeyFile } from "./files.ts";
import { explained, folderOf, readSetting, writeFlag } from "./location.ts";
import { checkPath } from "./permissions.ts";
import { writeNew } from "./write.ts";

/** What a passphrase is asked for. */
export interface PassphraseRequest {
  /** The encrypted file's path. */
  path: string;
  /** Whether it is a new passphrase, which is better asked for twice. */
  isNew: boolean;
}

/** Asks a person for a passphrase. */
export type AskPassphrase = (request: PassphraseRequest) => Promise<string>;

export interface KeySources {
  identityFile?: string;
  passphrase?: string | AskPassphrase;
}

const IDENTITY = "KEYRING_FILE_IDENTITY";
const PASSPHRASE_FILE = "KEYRING_FILE_PASSPHRASE_FILE";
const PASSPHRASE = "KEYRING_FILE_PASSPHRASE";
const VARIABLES = [IDENTITY, PASSPHRASE_FILE, PASSPHRASE];

export const IDENTITY_ROLE = { what: "the identity file", isKey: true } as const;

const WAYS = `Set ${IDENTITY} to an identity file or ${PASSPHRASE_FILE} to a file with the ` +
  `passphrase (or ${PASSPHRASE} to the passphrase itself), or run it in a terminal.`;

export async function findKey(
  kind: FileKey["kind"],
  path: string,
  sources: KeySources,
): Promise<FileKey> {
  if (kind === "passphrase") return await findPassphrase({ path, isNew: false }, sources);
  const file = identityPath(sources);
  if (file !== undefined) return await readIdentities(file);
  throw new Failure("locked", `the encrypted file "${path}" needs an identity to open it`, {
    advice: `Set ${IDENTITY} to the path of an identity file that it is encrypted for.` +
      permissionHint([IDENTITY]),
  });
}

/** The identity file where one is configured, which is created when it is missing, else a passphrase. */
export async function findNewKey(path: string, sources: KeySources): Promise<FileKey> {
  const file = identityPath(sources);
  if (file === undefined) return await findPassphrase({ path, isNew: true }, sources);
  const reading = `the identity file "${file}" cannot be read`;
  const found = await explained(reading, allowFlag("read", file), () => isThere(file));
  if (!found) await createIdentityFile(file);
  return await readIdentities(file);
}

export function identityPath({ identityFile, passphrase }: KeySources): string | undefined {
  return identityFile ?? (typeof passphrase === "string" ? undefined : readSetting(IDENTITY));
}

/** The variables that may not be read, and that could name the key that is needed. */
export function deniedKeyVariables({ identityFile, passphrase }: KeySources): string[] {
  if (identityFile !== undefined || typeof passphrase === "string") return [];
  return [IDENTITY, PASSPHRASE_FILE].filter((variable) => lookUp(variable).state === "denied");
}

/** All that is missing to open the encrypted file, which may not be read, or to write it. */
export function missingFlags(path: string, sources: KeySources, isWrite: boolean): string {
  const variables = deniedKeyVariables(sources);
  const identity = identityPath(sources);
  const folder = folderOf(path);
  const flags = [allowFlag("read", folder)];
  if (identity !== undefined && folderOf(identity) !== folder && !mayUse("read", identity)) {
    flags.push(allowFlag("read", identity));
  }
  if (isWrite && !mayUse("write", folder)) flags.push(allowFlag("write", folder));
  if (variables.length > 0) flags.push(envFlag(variables));
  return mergeFlags(flags).join(" ");
}

function mayUse(name: "read" | "write", path: string): boolean {
  return Deno.permissions.querySync({ name, path }).state === "granted";
}

async function findPassphrase(
  request: PassphraseRequest,
  { passphrase: source }: KeySources,
): Promise<FileKey> {
  if (typeof source === "string") return passphraseKey(source);
  const file = readSetting(PASSPHRASE_FILE);
  if (file !== undefined) {
    return passphraseKey((await readKeyFile("the passphrase file", file)).replace(/\r?\n$/, ""));
  }
  const passphrase = readSetting(PASSPHRASE) ?? await source?.(request);
  if (passphrase !== undefined) return passphraseKey(passphrase);
  const reason = request.isNew
    ? "a new encrypted file needs an identity or a passphrase, and none was given"
    : `the encrypted file "${request.path}" is locked with a passphrase, and none was given`;
  throw new Failure("locked", reason, {
    advice: WAYS + permissionHint(request.isNew ? VARIABLES : VARIABLES.slice(1)),
  });
}

export function passphraseKey(passphrase: string): FileKey {
  if (!isEmpty(passphrase)) return { kind: "passphrase", passphrase };
  throw new Failure("locked", "the passphrase of the encrypted file is empty", { advice: WAYS });
}

export function newPassphraseKey(passphrase: string): FileKey {
  if (!isEmpty(passphrase)) return { kind: "passphrase", passphrase };
  const advice = "The old one stays. Give one that is not empty.";
  throw new Failure("other", "the new passphrase is empty", { advice });
}

function isEmpty(passphrase: string): boolean {
  return typeof passphrase !== "string" || /^[\r\n]*$/.test(passphrase);
}

function permissionHint(variables: string[]): string {
  const denied = variables.filter((variable) => lookUp(variable).state === "denied");
  return denied.length === 0 ? "" : ` Variables are read only with ${envFlag(denied)}.`;
}

async function readIdentities(path: string): Promise<FileKey> {
  const text = await readKeyFile(IDENTITY_ROLE.what, path);
  const identities = text.split(/\r?\n/).map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"));
  if (!identities.every((identity) => /^AGE-SECRET-KEY-1[02-9AC-HJ-NP-Z]{58}$/.test(identity))) {
    throw new Failure("locked", `the identity file "${path}" contains something else`, {
      advice:
        "It may contain only lines with AGE-SECRET-KEY-1…, as age-keygen writes them, and comments.",
    });
  }
  if (identities.length > 0) return { kind: "identity", identities, file: path };
  throw new Failure("locked", `the identity file "${path}" holds no identity`);
}

async function createIdentityFile(path: string): Promise<void> {
  const identity = await newIdentity();
  const recipient = await recipientOf(identity);
  const lines = [`# created: ${new Date().toISOString()}`, `# public key: ${recipient}`, identity];
  const create = async () => {
    checkPath(path, IDENTITY_ROLE);
    await Deno.mkdir(folderOf(path), { recursive: true, mode: 0o700 });
    await writeNew(path, new TextEncoder().encode(`${lines.join("\n")}\n`));
  };
  await explained(`the identity file "${path}" cannot be created`, writeFlag(path), create);
}
