// @soak
//
// On the simulator in this process, which is a tenth of the work; on that in processes of its own what
// depends on them: texts of every kind, and parts. The soak test tries everything there, too.

import { assertEquals } from "@std/assert";
import { MacInProcess } from "../../../dev/security_simulator/in_process.ts";
import { SimulatedMac } from "../../../dev/security_simulator/install.ts";
import { MacOSKeyring } from "../../../src/backends/macos/backend.ts";
import { replaceProgram } from "../../../src/backends/macos/security.ts";
import { DIFFICULT_NAMES, DIFFICULT_TEXTS } from "../../../src/testing/texts.ts";
import { testKeyring } from "../../../testing.ts";
import { FakeSecurity } from "../../support/fake_security.ts";

const ignore = Deno.build.os === "windows";
const soak = Deno.env.get("KEYRING_TEST_SOAK") === "1";
const largestSecret = 42_000;

const inProcess = new MacInProcess();

testKeyring("MacOSKeyring on the simulator", () => new MacOSKeyring(), { largestSecret });

let command: FakeSecurity | undefined;
Deno.test.beforeEach(() => {
  command = new FakeSecurity(inProcess);
});
Deno.test.afterEach(() => command?.[Symbol.dispose]());

function onProcesses(mac: SimulatedMac): MacOSKeyring {
  return new MacOSKeyring(replaceProgram({}, mac.program));
}

if (soak) {
  let simulated: SimulatedMac | undefined;
  Deno.test.afterAll(() => simulated?.[Symbol.dispose]());
  testKeyring("MacOSKeyring on the simulator, in processes of its own,", () => {
    command?.[Symbol.dispose]();
    return onProcesses(simulated ??= new SimulatedMac());
  }, { largestSecret, ignore });
}

Deno.test({
  name: "MacOSKeyring on the simulator keeps what goes through processes byte for byte",
  ignore,
}, async () => {
  command?.[Symbol.dispose]();
  using mac = new SimulatedMac();
  const keyring = onProcesses(mac);
  const names = Object.values(DIFFICULT_NAMES);
  const texts = [...Object.values(DIFFICULT_TEXTS), "z".repeat(6_000)];
  for (const [index, text] of texts.entries()) {
    const name = names[index % names.length] ?? "";
    await keyring.setPassword(name, name, text);
    assertEquals(await keyring.getPassword(name, name), text);
  }
});
