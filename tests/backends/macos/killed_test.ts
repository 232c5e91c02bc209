// @soak
//
// Writers of large secrets on the simulated Mac that are killed. Its state survives that as a real
// keychain does: it is replaced in one step, under a lock that ends with its process.

import { SimulatedMac } from "../../../dev/security_simulator/install.ts";
import { Keychain } from "../../../src/backends/macos/backend.ts";
import { replaceProgram } from "../../../src/backends/macos/security.ts";
import { checkKilledWriters } from "../../support/killed_writers.ts";

Deno.test({
  name: "MacOSKeyring: a writer that is killed at any moment leaves a whole secret",
  ignore: Deno.build.os === "windows",
}, async () => {
  using mac = new SimulatedMac();
  await checkKilledWriters({
    backend: new Keychain(replaceProgram({}, mac.program)),
    store: mac.program,
    sizes: [3_000, 100, 4_500],
    kills: 4,
    longestLife: 2_200,
  });
});
