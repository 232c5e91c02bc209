// A process that keeps replacing one secret of a password store, until it is killed.

import { PassKeyring } from "../../backends.ts";

const [folder = "", gpgHome = ""] = Deno.args;
const keyring = new PassKeyring({ folder, gpgHome });
for (let count = 0;; count++) {
  await keyring.setPassword("my_app", "alice", String.fromCharCode(97 + count % 26).repeat(40_000));
  if (count === 0) console.log("wrote");
}
