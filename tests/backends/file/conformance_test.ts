import { testKeyring } from "../../../src/testing/conformance.ts";
import { VaultKeyring } from "../../../file.ts";

const folders: string[] = [];

testKeyring("VaultKeyring", async () => {
  const folder = await Deno.makeTempDir();
  folders.push(folder);
  const path = `${folder}/vault.age`;
  const keyring = new VaultKeyring({ path, identityFile: `${folder}/identity.txt` });
  await keyring.create();
  return keyring;
}, { refusesLarger: false });

Deno.test("the vaults of the suite are removed", async () => {
  for (const folder of folders.splice(0)) await Deno.remove(folder, { recursive: true });
});
