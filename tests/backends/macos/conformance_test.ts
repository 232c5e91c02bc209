import { SimulatedMac } from "../../../dev/security_simulator/install.ts";
import { MacOSKeyring } from "../../../src/backends/macos/backend.ts";
import { LargeSecretKeyring } from "../../../src/large_secrets/large_secret_keyring.ts";
import { replaceProgram } from "../../../src/backends/macos/program.ts";
import { testKeyring } from "../../../testing.ts";

// The suite's services have a random name of this length.
const SERVICE = `os-keyring-test-${crypto.randomUUID()}`;
const OWN_KEYCHAIN = "/Users/me/own keychains/with 'quotes'.keychain";

/** The most bytes that fit beside the names of the suite. */
function largestSecret(keychain?: string): number {
  const last = keychain === undefined ? "" : ` "${keychain}"`;
  const line = `add-generic-password "-U" "-a" "alice" "-s" "${SERVICE}" "-X" ""${last}`;
  return Math.floor((4094 - line.length) / 2);
}

let simulated: SimulatedMac | undefined;

function simulatedMac(): SimulatedMac {
  if (simulated) return simulated;
  simulated = new SimulatedMac();
  simulated.change((state) => {
    state.keychains[OWN_KEYCHAIN] = { password: "own", locked: false, items: [] };
  });
  return simulated;
}

const onSimulator = { ignore: Deno.build.os === "windows" };

testKeyring(
  "MacOSKeyring on the simulator",
  () => new MacOSKeyring(replaceProgram({}, simulatedMac().program)),
  { largestSecret: largestSecret(), ...onSimulator },
);

testKeyring(
  "MacOSKeyring on the simulator with a named keychain",
  () => {
    const options = { keychain: OWN_KEYCHAIN };
    return new MacOSKeyring(replaceProgram(options, simulatedMac().program));
  },
  { largestSecret: largestSecret(OWN_KEYCHAIN), ...onSimulator },
);

testKeyring(
  "LargeSecretKeyring on the simulator",
  () => new LargeSecretKeyring(new MacOSKeyring(replaceProgram({}, simulatedMac().program))),
  { largestSecret: 42_000, ...onSimulator },
);

Deno.test.afterAll(() => simulated?.[Symbol.dispose]());
