// The encrypted file of this library by age alone: the npm package in this process, or the program.

import type { OtherLibrary } from "../../../dev/rig/other_libraries.mjs";
import { outputOf } from "../../instrument/output.ts";

interface Entry {
  service: string;
  username: string;
  password: string;
}

interface Document {
  recipients: string[];
  entries: Entry[];
}

const FILE = Deno.env.get("KEYRING_FILE") ?? "";
const IDENTITY_FILE = Deno.env.get("KEYRING_FILE_IDENTITY") ?? "";

export async function loadAgePackage(): Promise<OtherLibrary> {
  const { Decrypter, Encrypter } = await import("age-encryption");
  const open = async () => {
    const [, identity = ""] = /^(AGE-SECRET-KEY-\S+)/m
      .exec(await Deno.readTextFile(IDENTITY_FILE)) ?? [];
    const decrypter = new Decrypter();
    decrypter.addIdentity(identity);
    return parse(await decrypter.decrypt(await Deno.readFile(FILE)));
  };
  const save = async (document: Document) => {
    const encrypter = new Encrypter();
    document.recipients.forEach((recipient) => encrypter.addRecipient(recipient));
    await replaceFile(await encrypter.encrypt(JSON.stringify(document)));
  };
  return {
    get: async (service, username) => find(await open(), service, username)?.password ?? null,
    async set(service, username, password) {
      const document = await open();
      const entry = find(document, service, username);
      if (entry) entry.password = password;
      else document.entries.push({ service, username, password });
      await save(document);
    },
    async remove(service, username) {
      const document = await open();
      const entry = find(document, service, username);
      await save({ ...document, entries: document.entries.filter((other) => other !== entry) });
    },
    list: async (service) => (await open()).entries.filter((entry) => entry.service === service),
  };
}

/** Reads by the program; stores by the package. */
export async function loadAge(): Promise<OtherLibrary> {
  const command = ["age", "-d", "-i", IDENTITY_FILE, FILE];
  return {
    ...await loadAgePackage(),
    async get(service, username) {
      const { stdout } = await outputOf(command);
      return find(parse(stdout), service, username)?.password ?? null;
    },
  };
}

function parse(plaintext: Uint8Array): Document {
  return JSON.parse(new TextDecoder().decode(plaintext));
}

function find({ entries }: Document, service: string, username: string): Entry | undefined {
  return entries.find((entry) => entry.service === service && entry.username === username);
}

async function replaceFile(bytes: Uint8Array): Promise<void> {
  {
    const options = { write: true, create: true, truncate: true, mode: 0o600 };
    using file = await Deno.open(`${FILE}.floor`, options);
    await file.write(bytes);
    await file.sync();
  }
  await Deno.rename(`${FILE}.floor`, FILE);
}
