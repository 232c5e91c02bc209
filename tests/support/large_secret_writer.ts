// A process that keeps replacing one secret, until it is killed.

import { LargeSecretKeyring, SecretServiceKeyring } from "../../backends.ts";

const [service = "", username = "", ...sizes] = Deno.args;
const keyring = new LargeSecretKeyring(new SecretServiceKeyring());
for (let count = 0;; count++) {
  const size = Number(sizes[count % sizes.length]);
  await keyring.setPassword(service, username, String.fromCharCode(97 + count % 26).repeat(size));
}
