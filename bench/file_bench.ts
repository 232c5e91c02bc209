// deno bench -A bench/file_bench.ts: an encrypted file with a thousand entries, opened by an identity.

import { EncryptedFileKeyring } from "../file.ts";
import { makeLargeFile } from "./large_file.ts";

const large = await makeLargeFile();
addEventListener("unload", () => Deno.removeSync(large.folder, { recursive: true }));
const keyring = new EncryptedFileKeyring(large);
const unlocked = new EncryptedFileKeyring({ ...large, cacheSeconds: 600 });
const hasAge = await new Deno.Command("age", { args: ["--version"] }).output()
  .then(() => true, () => false);

Deno.bench("age -d, as a process", { ignore: !hasAge, group: "get" }, async () => {
  await new Deno.Command("age", { args: ["-d", "-i", large.identityFile, large.path] })
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
Deno.bench("File set, 12 in a batch", async () => {
  await keyring.batch(async (opened) => {
    for (let user = 0; user < 12; user++) {
      await opened.setPassword("my_app", `user ${user}`, "made-up");
    }
  });
});
Deno.bench("File list, 1000 entries", async () => {
  await keyring.list();
});
