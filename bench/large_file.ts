// An encrypted file with a thousand entries, for the benches.

import { encrypt } from "../src/backends/file/age.ts";
import { formatDocument, keyOf, makeEntry } from "../src/backends/file/document.ts";
import { EncryptedFileKeyring } from "../file.ts";

const ENTRIES = 1000;

/** Where it is, and how to open it. */
export interface LargeFile {
  folder: string;
  path: string;
  identityFile: string;
}

/** Makes the file in a new folder. */
export async function makeLargeFile(): Promise<LargeFile> {
  const folder = await Deno.makeTempDir();
  const large = { folder, path: `${folder}/keyring.age`, identityFile: `${folder}/identity.txt` };
  const recipients = await new EncryptedFileKeyring(large).create();
  const password = new TextEncoder().encode("made-up");
  const entries = Array.from({ length: ENTRIES }, (_, index) => {
    return makeEntry({ service: "my_app", username: `user ${index}` }, password);
  });
  const document = { recipients, entries: new Map(entries.map((entry) => [keyOf(entry), entry])) };
  await Deno.writeFile(large.path, await encrypt(formatDocument(document), recipients));
  return large;
}
