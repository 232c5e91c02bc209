// A vault with a thousand entries, for the benches.

import { encryptFor } from "../src/backends/file/age.ts";
import { formatDocument, makeEntry } from "../src/backends/file/document.ts";
import { VaultKeyring } from "../file.ts";

const ENTRIES = 1000;

/** A vault, and how to open it. */
export interface LargeVault {
  folder: string;
  path: string;
  identityFile: string;
}

/** Makes a vault with a thousand entries in a new folder. */
export async function makeLargeVault(): Promise<LargeVault> {
  const folder = await Deno.makeTempDir();
  const vault = { folder, path: `${folder}/vault.age`, identityFile: `${folder}/identity.txt` };
  const recipients = await new VaultKeyring(vault).create();
  const password = new TextEncoder().encode("made-up");
  const entries = Array.from(
    { length: ENTRIES },
    (_, index) => makeEntry("my_app", `user ${index}`, password),
  );
  const file = await encryptFor(formatDocument({ recipients, entries }), recipients);
  await Deno.writeFile(vault.path, file);
  return vault;
}
