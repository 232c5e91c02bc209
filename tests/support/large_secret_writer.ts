// A process that keeps replacing one secret, until it is killed.

import { LargeSecretKeyring, MacOSKeyring, SecretServiceKeyring } from "../../backends.ts";
import { replaceProgram } from "../../src/backends/macos/program.ts";

// The store is the path of a simulated Mac's `security`, or the Secret Service of this session.
const [store = "", service = "", username = "", ...sizes] = Deno.args;
const inner = store === "secret-service"
  ? new SecretServiceKeyring()
  : new MacOSKeyring(replaceProgram({}, store));
const keyring = new LargeSecretKeyring(inner);
for (let count = 0;; count++) {
  const size = Number(sizes[count % sizes.length]);
  await keyring.setPassword(service, username, String.fromCharCode(97 + count % 26).repeat(size));
}
