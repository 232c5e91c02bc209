// dev/secret_service_session.sh deno bench -A bench/secret_service_bench.ts

import { SecretServiceKeyring } from "../src/backends/secret_service.ts";

const ignore = Deno.build.os !== "linux" || !Deno.env.has("DBUS_SESSION_BUS_ADDRESS");
const keyring = new SecretServiceKeyring();
const service = `os-keyring-bench-${crypto.randomUUID()}`;

async function fill(count: number): Promise<void> {
  for (let index = 0; index < count; index++) {
    await keyring.setPassword(`${service}-${count}`, `user ${index}`, "made-up");
  }
}

if (!ignore) {
  await keyring.setPassword(service, "alice", "made-up");
  await fill(10);
}

Deno.bench("secret-tool lookup, the floor", { ignore, group: "get", baseline: true }, async () => {
  await new Deno.Command("/usr/bin/secret-tool", {
    args: ["lookup", "--", "service", service, "username", "alice"],
  }).output();
});
Deno.bench("Secret Service get", { ignore, group: "get" }, async () => {
  await keyring.getPassword(service, "alice");
});
Deno.bench("Secret Service miss", { ignore }, async () => {
  await keyring.getPassword(service, "nobody");
});
Deno.bench("Secret Service set", { ignore }, async () => {
  await keyring.setPassword(service, "alice", "made-up");
});
Deno.bench("Secret Service set and delete", { ignore }, async () => {
  await keyring.setPassword(service, "bob", "made-up");
  await keyring.deletePassword(service, "bob");
});
Deno.bench("Secret Service list, 10 entries", { ignore }, async () => {
  await keyring.list({ service: `${service}-10` });
});
Deno.bench("Secret Service list, 1000 entries", { ignore, n: 5, warmup: 1 }, async (bench) => {
  if ((await keyring.list({ service: `${service}-1000` })).length < 1000) await fill(1000);
  bench.start();
  await keyring.list({ service: `${service}-1000` });
  bench.end();
});
if (!ignore) {
  Deno.bench("(removes what the benchmark stored)", { n: 1, warmup: 0 }, async () => {
    for (const entry of await keyring.list()) {
      if (!entry.service.startsWith(service)) continue;
      await keyring.deletePassword(entry.service, entry.username);
    }
  });
}
