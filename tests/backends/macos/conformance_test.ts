import { assert, assertRejects } from "@std/assert";
import { SimulatedMac } from "../../../dev/security_simulator/install.ts";
import { MacOSKeyring } from "../../../src/backends/macos/backend.ts";
import { InitError } from "../../../src/errors.ts";
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

const REAL = Deno.build.os === "darwin" && Deno.env.get("KEYRING_TEST_KEYCHAIN") === "1";
const REAL_KEYCHAIN = `/tmp/os-keyring-${crypto.randomUUID()}.keychain-db`;
let realKeychainExists = false;

async function security(...args: string[]): Promise<void> {
  const { success } = await new Deno.Command("/usr/bin/security", { args }).output();
  assert(success, args[0]);
}

async function realKeyring(): Promise<MacOSKeyring> {
  if (!realKeychainExists) {
    const password = crypto.randomUUID();
    await security("create-keychain", "-p", password, REAL_KEYCHAIN);
    realKeychainExists = true;
    await security("set-keychain-settings", REAL_KEYCHAIN);
    await security("unlock-keychain", "-p", password, REAL_KEYCHAIN);
  }
  return new MacOSKeyring({ keychain: REAL_KEYCHAIN, timeoutMs: 15_000 });
}

testKeyring("MacOSKeyring on this Mac", realKeyring, {
  largestSecret: largestSecret(REAL_KEYCHAIN),
  ignore: !REAL,
});

Deno.test("MacOSKeyring on this Mac refuses a missing keychain", { ignore: !REAL }, async () => {
  // Reading only: should it reach the user's own keychain, nothing is left there.
  const keyring = new MacOSKeyring({ keychain: `${REAL_KEYCHAIN}-missing` });
  await assertRejects(() => keyring.getPassword(SERVICE, "alice"), InitError);
  await assertRejects(() => keyring.list(), InitError);
});

Deno.test.afterAll(async () => {
  simulated?.[Symbol.dispose]();
  if (realKeychainExists) await security("delete-keychain", REAL_KEYCHAIN);
});
