// What one item of a keychain holds, on the simulator in this process, which is faster.

import { MacInProcess } from "../../../dev/security_simulator/in_process.ts";
import { testKeyring } from "../../../testing.ts";
import { FakeSecurity } from "../../support/fake_security.ts";
import { largestSecret, oneItemKeyring } from "../../support/one_item.ts";

// The suite's services have a random name of this length.
const SERVICE = `os-keyring-test-${crypto.randomUUID()}`;
const OWN_KEYCHAIN = "/Users/me/own keychains/with 'quotes'.keychain";

const mac = new MacInProcess();
mac.state.keychains[OWN_KEYCHAIN] = { password: "own", locked: false, items: [] };
const command = new FakeSecurity(mac);
Deno.test.afterAll(() => command[Symbol.dispose]());

testKeyring("one item", () => oneItemKeyring({}), {
  largestSecret: largestSecret(SERVICE, "alice"),
});

testKeyring("one item in a named keychain", () => oneItemKeyring({ keychain: OWN_KEYCHAIN }), {
  largestSecret: largestSecret(SERVICE, "alice", OWN_KEYCHAIN),
});
