// The command line on the simulated `security`, through the injected context of main().

import { assertEquals, assertStringIncludes } from "@std/assert";
import { main } from "../../../src/cli/main.ts";
import type { Context } from "../../../src/cli/command.ts";
import { SimulatedMac } from "../../../dev/security_simulator/install.ts";
import { MacOSKeyring } from "../../../src/backends/macos/backend.ts";
import { replaceProgram } from "../../../src/backends/macos/security.ts";

const ignore = Deno.build.os === "windows";

class Terminal {
  out = "";
  err = "";
  #context: Partial<Context>;

  constructor(mac: SimulatedMac, password: string) {
    const keyring = new MacOSKeyring(replaceProgram({}, mac.program));
    const decoder = new TextDecoder();
    this.#context = {
      choose: () => Promise.resolve({ keyring, id: "macos", by: "the test" }),
      stdin: { isTerminal: () => true, read: () => Promise.resolve(null) },
      prompt: () => Promise.resolve(password),
      writeOut: (bytes) => Promise.resolve(void (this.out += decoder.decode(bytes))),
      writeErr: (bytes) => Promise.resolve(void (this.err += decoder.decode(bytes))),
    };
  }

  async run(...args: string[]): Promise<[code: number, out: string, err: string]> {
    this.out = this.err = "";
    const code = await main(args, this.#context);
    return [code, this.out, this.err];
  }
}

Deno.test("the command works on the macOS Keychain", { ignore }, async () => {
  using mac = new SimulatedMac();
  const password = "p\\w 'né' \"🔑\"";
  const terminal = new Terminal(mac, password);
  assertEquals(await terminal.run("get", "my app", "o'brien"), [1, "", ""]);
  assertEquals(await terminal.run("set", "my app", "o'brien"), [0, "", ""]);
  assertEquals(await terminal.run("get", "my app", "o'brien"), [0, `${password}\n`, ""]);
  const [, creds] = await terminal.run("get", "my app", "--mode", "creds");
  assertEquals(creds, `o'brien\n${password}\n`);
  const [, listed] = await terminal.run("list");
  assertStringIncludes(listed, "o'brien");
  assertEquals(await terminal.run("del", "my app", "o'brien"), [0, "", ""]);
  const [code, out, err] = await terminal.run("del", "my app", "o'brien");
  assertEquals([code, out], [1, ""]);
  assertStringIncludes(err, "there is no such entry");
});

Deno.test("the command stores as much as the macOS Keychain holds", { ignore }, async () => {
  using mac = new SimulatedMac();
  const large = "z".repeat(4096);
  assertEquals(await new Terminal(mac, large).run("set", "my_app", "alice"), [0, "", ""]);
  assertEquals(await new Terminal(mac, "").run("get", "my_app", "alice"), [0, `${large}\n`, ""]);
  const tooLarge = new Terminal(mac, "z".repeat(42_001));
  const [code, , err] = await tooLarge.run("set", "my_app", "alice");
  assertEquals(code, 1);
  assertStringIncludes(err, "42001 bytes");
  assertEquals(err.includes("zzz"), false);
});
