// The simulated `security` in the place of Deno.Command, in this process, which is a tenth of the work.

import type { MacInProcess } from "../../dev/security_simulator/in_process.ts";
import { FakeCommand } from "../fixtures/fake_command.ts";

export class FakeSecurity extends FakeCommand {
  constructor(mac: MacInProcess) {
    super((_, input) => {
      const bytes = Uint8Array.from(input, (byte) => byte.charCodeAt(0));
      return mac.interactive(new TextDecoder().decode(bytes));
    });
  }
}
