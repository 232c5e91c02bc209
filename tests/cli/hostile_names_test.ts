// @environment unit, windows
//
// Names that a careless program takes for options, patterns, paths or commands, on every store that
// needs no system of its own.

import { assert, assertEquals } from "@std/assert";
import { main } from "../../src/cli/main.ts";
import { SimulatedMac } from "../../dev/security_simulator/install.ts";
import { MacOSKeyring } from "../../src/backends/macos/backend.ts";
import { MemoryKeyring } from "../../src/backends/memory.ts";
import { WindowsKeyring } from "../../src/backends/windows/backend.ts";
import { replaceProgram } from "../../src/backends/macos/security.ts";
import { FakeWindows } from "../fixtures/fake_windows.ts";
import { checkHostileNames, HOSTILE_NAMES, LONG } from "../fixtures/hostile_names.ts";

Deno.test("MemoryKeyring keeps or refuses hostile names", async () => {
  await checkHostileNames(new MemoryKeyring());
});

Deno.test("WindowsKeyring keeps or refuses hostile names", async () => {
  new FakeWindows();
  await checkHostileNames(new WindowsKeyring());
});

Deno.test({
  name: "MacOSKeyring keeps or refuses hostile names",
  ignore: Deno.build.os === "windows",
}, async () => {
  using mac = new SimulatedMac();
  await checkHostileNames(new MacOSKeyring(replaceProgram({}, mac.program)));
});

Deno.test("the command takes hostile names behind --, and shows them on one line each", async () => {
  const keyring = new MemoryKeyring();
  const run = async (...args: string[]) => {
    const out: string[] = [];
    const keep = (bytes: Uint8Array) =>
      Promise.resolve(void out.push(new TextDecoder().decode(bytes)));
    const code = await main(args, {
      choose: () => Promise.resolve({ keyring, id: "memory", by: "the test" }),
      stdin: { isTerminal: () => true, read: () => Promise.resolve(null) },
      prompt: () => Promise.resolve("made-up"),
      writeOut: keep,
      writeErr: keep,
    });
    return { code, text: out.join("") };
  };
  let kept = 0;
  for (const hostile of HOSTILE_NAMES) {
    const set = await run("set", "--", hostile, hostile);
    if (set.code === 0) kept++;
    else assert(/^keyring: [^\n]{1,1000}\n$/.test(set.text), set.text.slice(0, 2_000));
    const get = await run("get", "--", hostile, hostile);
    if (set.code === 0) assertEquals(get, { code: 0, text: "made-up\n" });
  }
  const { text } = await run("list");
  // deno-lint-ignore no-control-regex -- these are what is looked for
  assert(!/[\0-\x09\x0b-\x1f\x7f\u202e]/.test(text));
  assertEquals(text.split("\n").length - 1, kept);
});

Deno.test("the command refuses hostile words without a flood", async () => {
  for (const args of [[LONG], ["get", "a", "b", LONG], [`--${LONG}`], ["get", "--mode", LONG]]) {
    let err = "";
    const writeErr = (bytes: Uint8Array) =>
      Promise.resolve(void (err += new TextDecoder().decode(bytes)));
    assertEquals(await main(args, { writeErr }), 2);
    assert(err.length < 5_000, `${err.length} characters`);
  }
});
