// A process that replaces one secret and creates and deletes another, until it is killed.

import { SecretServiceKeyring } from "../../src/backends/secret_service/backend.ts";

const [bus = "", service = "", ...sizes] = Deno.args;
const keyring = new SecretServiceKeyring({ bus });
const start = Math.floor(Math.random() * 26);
for (let count = start;; count++) {
  const size = Number(sizes[count % sizes.length]);
  const value = String.fromCharCode(97 + count % 26).repeat(size);
  await keyring.setPassword(service, "replaced", value);
  if (count === start) console.log("begun");
  await keyring.setPassword(service, "deleted", value);
  await keyring.deletePassword(service, "deleted");
}
