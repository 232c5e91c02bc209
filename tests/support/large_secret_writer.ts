// A process that keeps replacing one secret, until it is killed.

import type { Keyring } from "../../src/keyring.ts";

// The store is the path of a simulated Mac's `security`, or the Secret Service of this session.
async function open(store: string): Promise<Keyring> {
  if (store === "secret-service") {
    const { SecretServiceKeyring } = await import("../../src/backends/secret_service/backend.ts");
    return new SecretServiceKeyring({ secretTool: "/usr/bin/secret-tool" });
  }
  const { MacOSKeyring } = await import("../../src/backends/macos/backend.ts");
  const { replaceProgram } = await import("../../src/backends/macos/security.ts");
  return new MacOSKeyring(replaceProgram({}, store));
}

const [store = "", service = "", username = "", ...sizes] = Deno.args;
const keyring = await open(store);
console.log("ready");
for (let count = 0;; count++) {
  const size = Number(sizes[count % sizes.length]);
  await keyring.setPassword(service, username, String.fromCharCode(97 + count % 26).repeat(size));
}
