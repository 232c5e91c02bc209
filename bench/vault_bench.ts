// deno bench -A bench/vault_bench.ts: a vault with a thousand entries, opened by an identity.

import { VaultKeyring } from "../file.ts";
import { makeLargeVault } from "./large_vault.ts";

const vault = await makeLargeVault();
addEventListener("unload", () => Deno.removeSync(vault.folder, { recursive: true }));
const keyring = new VaultKeyring(vault);
const unlocked = new VaultKeyring({ ...vault, cacheSeconds: 600 });
const hasAge = await new Deno.Command("age", { args: ["--version"] }).output()
  .then(() => true, () => false);

Deno.bench("age -d, as a process", { ignore: !hasAge, group: "get" }, async () => {
  await new Deno.Command("age", { args: ["-d", "-i", vault.identityFile, vault.path] }).output();
});
Deno.bench("Vault get, opened anew", { group: "get", baseline: true }, async () => {
  await keyring.getPassword("my_app", "user 500");
});
Deno.bench("Vault get, after unlock (cacheSeconds)", { group: "get" }, async () => {
  await unlocked.getPassword("my_app", "user 500");
});
Deno.bench("Vault miss", async () => {
  await keyring.getPassword("my_app", "nobody");
});
Deno.bench("Vault set", async () => {
  await keyring.setPassword("my_app", "user 500", "made-up");
});
Deno.bench("Vault list, 1000 entries", async () => {
  await keyring.list();
});
