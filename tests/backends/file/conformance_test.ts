// @environment unit, windows

import { testKeyring } from "../../../src/testing/conformance.ts";
import { EncryptedFileKeyring } from "../../../file.ts";

const folders: string[] = [];

testKeyring("EncryptedFileKeyring", async () => {
  const folder = await Deno.makeTempDir();
  folders.push(folder);
  const path = `${folder}/keyring.age`;
  const keyring = new EncryptedFileKeyring({ path, identityFile: `${folder}/identity.txt` });
  await keyring.create();
  return keyring;
}, { refusesLarger: false });

Deno.test("the files of the suite are removed", async () => {
  for (const folder of folders.splice(0)) await Deno.remove(folder, { recursive: true });
});
