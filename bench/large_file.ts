// An encrypted file with a thousand entries, for the benches.

import { encryptFor } from "../src/backends/file/age.ts";
import { formatDocument, makeEntry } from "../src/backends/file/document.ts";
import { EncryptedFileKeyring } from "../file.ts";

const ENTRIES = 1000;

/** An encrypted file, and how to open it. */
export interface LargeFile {
  folder: string;
  path: string;
  identityFile: string;
}

/** Makes an encrypted file with a thousand entries in a new folder. */
export async function makeLargeFile(): Promise<LargeFile> {
  const folder = await Deno.makeTempDir();
  const encrypted = {
    folder,
    path: `${folder}/keyring.age`,
    identityFile: `${folder}/identity.txt`,
  };
  const recipients = await new EncryptedFileKeyring(encrypted).create();
  const password = new TextEncoder().encode("made-up");
  const entries = Array.from(
    { length: ENTRIES },
    (_, index) => makeEntry("my_app", `user ${index}`, password),
  );
  const file = await encryptFor(formatDocument({ recipients, entries }), recipients);
  await Deno.writeFile(encrypted.path, file);
  return encrypted;
}
