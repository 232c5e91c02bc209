import { SimulatedMac } from "../../../dev/security_simulator/install.ts";
import { MacOSKeyring } from "../../../src/backends/macos/backend.ts";
import { replaceProgram } from "../../../src/backends/macos/security.ts";
import { testKeyring } from "../../../testing.ts";

let simulated: SimulatedMac | undefined;

testKeyring(
  "MacOSKeyring on the simulator",
  () => new MacOSKeyring(replaceProgram({}, (simulated ??= new SimulatedMac()).program)),
  { largestSecret: 42_000, ignore: Deno.build.os === "windows" },
);

Deno.test.afterAll(() => simulated?.[Symbol.dispose]());
