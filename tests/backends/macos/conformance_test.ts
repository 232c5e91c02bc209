import { SimulatedMac } from "../../../dev/security_simulator/install.ts";
import { MacOSKeyring, type MacOSKeyringOptions } from "../../../src/backends/macos/backend.ts";
import { replaceProgram } from "../../../src/backends/macos/security.ts";
import { testKeyring } from "../../../testing.ts";
import { largestSecret, oneItemKeyring } from "../../support/one_item.ts";

// The suite's services have a random name of this length.
const SERVICE = `os-keyring-test-${crypto.randomUUID()}`;
const OWN_KEYCHAIN = "/Users/me/own keychains/with 'quotes'.keychain";
const ignore = Deno.build.os === "windows";

let simulated: SimulatedMac | undefined;

function simulatedMac(): SimulatedMac {
  if (simulated) return simulated;
  simulated = new SimulatedMac();
  simulated.change((state) => {
    state.keychains[OWN_KEYCHAIN] = { password: "own", locked: false, items: [] };
  });
  return simulated;
}

function onSimulator(options: MacOSKeyringOptions = {}): MacOSKeyringOptions {
  return replaceProgram(options, simulatedMac().program);
}

testKeyring(
  "MacOSKeyring on the simulator",
  () => new MacOSKeyring(onSimulator()),
  { largestSecret: 42_000, ignore },
);

testKeyring(
  "one item on the simulator",
  () => oneItemKeyring(onSimulator()),
  { largestSecret: largestSecret(SERVICE, "alice"), ignore },
);

testKeyring(
  "one item on the simulator in a named keychain",
  () => oneItemKeyring(onSimulator({ keychain: OWN_KEYCHAIN })),
  { largestSecret: largestSecret(SERVICE, "alice", OWN_KEYCHAIN), ignore },
);

Deno.test.afterAll(() => simulated?.[Symbol.dispose]());
