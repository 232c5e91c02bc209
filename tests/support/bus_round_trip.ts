// Takes a secret from stdin through every call over D-Bus, and at last shows it on stdout.

import { SecretServiceKeyring } from "../../src/backends/secret_service/backend.ts";

const [bus = "", service = ""] = Deno.args;
const secret = (await new Response(Deno.stdin.readable).text()).trim();
const bytes = new TextEncoder().encode(`${secret}\0`);
await using keyring = new SecretServiceKeyring({ bus });
await keyring.setPassword(service, "alice", secret);
await keyring.setPassword(service, "alice", secret.repeat(2_000));
await keyring.setSecret(service, "bytes", bytes);
await keyring.setPassword(service, "bob", `${secret}\ud800`).catch(() => {});
await keyring.setPassword(service, "bob", secret, { signal: AbortSignal.timeout(1) })
  .catch(() => {});
const found = await keyring.getCredential(service, "alice");
if (found?.password !== secret.repeat(2_000)) throw new Error("It did not come back");
await keyring.getSecret(service, "bytes");
await keyring.list();
await keyring.deletePassword(service, "bytes");
console.log(secret);
