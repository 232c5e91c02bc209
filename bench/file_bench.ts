// deno bench -A bench/file_bench.ts: an encrypted file with a thousand entries, opened by an identity.

import { EncryptedFileKeyring } from "../file.ts";
import { makeLargeFile } from "./large_file.ts";

const encrypted = await makeLargeFile();
addEventListener("unload", () => Deno.removeSync(encrypted.folder, { recursive: true }));
const keyring = new EncryptedFileKeyring(encrypted);
const unlocked = new EncryptedFileKeyring({ ...encrypted, cacheSeconds: 600 });
const hasAge = await new Deno.Command("age", { args: ["--version"] }).output()
  .then(() => true, () => false);

Deno.bench("age -d, as a process", { ignore: !hasAge, group: "get" }, async () => {
  await new Deno.Command("age", { args: ["-d", "-i", encrypted.identityFile, encrypted.path] })
    .output();
});
Deno.bench("File get, opened anew", { group: "get", baseline: true }, async () => {
  await keyring.getPassword("my_app", "user 500");
});
Deno.bench("File get, after unlock (cacheSeconds)", { group: "get" }, async () => {
  await unlocked.getPassword("my_app", "user 500");
});
Deno.bench("File miss", async () => {
  await keyring.getPassword("my_app", "nobody");
});
Deno.bench("File set", async () => {
  await keyring.setPassword("my_app", "user 500", "made-up");
});
Deno.bench("File list, 1000 entries", async () => {
  await keyring.list();
});
