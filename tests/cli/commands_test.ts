// @environment unit, windows

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import meta from "../../deno.json" with { type: "json" };
import type { Context } from "../../src/cli/command.ts";
import { MemoryKeyring } from "../../src/backends/memory.ts";
import { COMMANDS, loadCommands } from "../../src/cli/commands.ts";
import { globalOptions } from "../../src/cli/help.ts";
import { KeyringError } from "../../src/errors.ts";
import type { Outcome } from "../fixtures/command.ts";
import { piped, runMain } from "../fixtures/main.ts";

async function keyringWith(...entries: [string, string, string][]): Promise<MemoryKeyring> {
  const keyring = new MemoryKeyring();
  for (const entry of entries) await keyring.setPassword(...entry);
  return keyring;
}

function run(
  args: string[],
  keyring: MemoryKeyring = new MemoryKeyring(),
  context: Partial<Context> = {},
): Promise<Outcome> {
  return runMain(args, keyring, {
    load: (name) =>
      name === "memory"
        ? Promise.resolve(keyring)
        : Promise.reject(new KeyringError(`there is no keyring "${name}"`, { operation: "open" })),
    ...context,
  });
}

function usageError({ code, out, err }: Outcome, command = "[options]"): string {
  assertEquals([code, out], [2, ""]);
  assert(err.startsWith(`usage: keyring ${command} `), err);
  const lines = err.trimEnd().split("\n");
  return lines.at(-1) ?? "";
}

Deno.test("get prints the password and a newline", async () => {
  const keyring = await keyringWith(["svc", "usr", "pw1"], ["007", "1e3", " é€🔑\n\n"]);
  assertEquals(await run(["get", "svc", "usr"], keyring), { code: 0, out: "pw1\n", err: "" });
  assertEquals((await run(["get", "007", "1e3"], keyring)).out, " é€🔑\n\n\n");
  assertEquals((await run(["get", "-n", "svc", "usr"], keyring)).out, "pw1");
  assertEquals((await run(["get", "svc", "usr", "--no-newline"], keyring)).out, "pw1");
});

Deno.test("get prints nothing at all when there is none", async () => {
  const nothing = { code: 1, out: "", err: "" };
  assertEquals(await run(["get", "svc", "usr"]), nothing);
  assertEquals(await run(["get", "svc", "--mode", "creds"]), nothing);
  assertEquals(await run(["get", "svc", "usr", "--output", "json"]), nothing);
});

Deno.test("get prints credentials and JSON as Python does", async () => {
  const keyring = await keyringWith(["svc", "usr", "pw1"], ["hard", "", 'é€🔑\x7f"\\\n\x01']);
  const cases: [string[], string][] = [
    [["get", "svc", "--mode", "creds"], "usr\npw1\n"],
    [["get", "svc", "usr", "--mode", "creds"], "usr\npw1\n"],
    [["get", "svc", "usr", "--output", "json"], '{"password": "pw1"}\n'],
    [["get", "svc", "--mode=creds", "--output=json"], '{"username": "usr", "password": "pw1"}\n'],
    [["get", "svc", "usr", "--output", "json", "-n"], '{"password": "pw1"}'],
    [
      ["get", "hard", "", "--output", "json"],
      '{"password": "\\u00e9\\u20ac\\ud83d\\udd11\\u007f\\"\\\\\\n\\u0001"}\n',
    ],
  ];
  for (const [args, out] of cases) {
    assertEquals(await run(args, keyring), { code: 0, out, err: "" });
  }
});

Deno.test("missing words are usage errors", async () => {
  const cases: [string[], string][] = [
    [[], `Specify operation (${COMMANDS.map(({ name }) => name).join(", ")}).`],
    [["get"], "get requires service and username"],
    [["get", "svc"], "get requires service and username"],
    [["get", "--mode", "creds"], "get requires service"],
    [["set", "svc"], "set requires service and username"],
    [["set", "--binary"], "set requires service and username"],
    [["del", "svc"], "del requires service and username"],
    [["list", "svc", "usr"], "unrecognized arguments: usr"],
    [["diagnose", "extra"], "unrecognized arguments: extra"],
  ];
  for (const [args, message] of cases) {
    assertEquals(usageError(await run(args), args[0]), `keyring: error: ${message}`);
  }
});

Deno.test("set reads a pipe to its end and strips one newline", async () => {
  const cases: [string, string, typeof Deno.build.os][] = [
    ["pw", "pw", "linux"],
    ["pw\n", "pw", "linux"],
    ["pw\n\n", "pw\n", "linux"],
    ["a\nb\n", "a\nb", "linux"],
    ["pw\r\n", "pw\r", "linux"],
    ["pw\r\n", "pw", "windows"],
    ["pw\n", "pw", "windows"],
    [" é🔑 ", " é🔑 ", "linux"],
    ["x".repeat(1_000_000), "x".repeat(1_000_000), "linux"],
  ];
  for (const [input, stored, os] of cases) {
    const keyring = new MemoryKeyring();
    const stdin = piped(new TextEncoder().encode(input), input.length > 100 ? 65_536 : 3);
    const outcome = await run(["set", "svc", "usr"], keyring, { stdin, os });
    assertEquals(outcome, { code: 0, out: "", err: "" });
    assertEquals(await keyring.getPassword("svc", "usr"), stored);
  }
});

Deno.test("set refuses what is not UTF-8 and keeps the old password", async () => {
  const keyring = await keyringWith(["svc", "usr", "old"]);
  const stdin = piped(Uint8Array.of(0x70, 0xff, 0x0a));
  const { code, err } = await run(["set", "svc", "usr"], keyring, { stdin });
  assertEquals(code, 1);
  assertEquals(
    err,
    "keyring: Cannot store the password: line 1 is not valid UTF-8; text must be UTF-8, or UTF-16 " +
      "with a byte order mark. Use --binary to store bytes as they are.\n",
  );
  assertEquals(await keyring.getPassword("svc", "usr"), "old");
});

Deno.test("set refuses input that does not end", async () => {
  for (const args of [["set"], ["set", "--binary"]]) {
    const keyring = await keyringWith(["svc", "usr", "old"]);
    let buffers: Uint8Array[] = [];
    const read = (buffer: Uint8Array) => {
      buffers = [buffer];
      return Promise.resolve(buffer.fill(0x61).length);
    };
    const stdin = { isTerminal: () => false, read };
    const { code, err } = await run([...args, "svc", "usr"], keyring, { stdin });
    const reason = "the input has more than 67108864 bytes";
    assertEquals([code, err], [1, `keyring: Cannot store the password: ${reason}\n`]);
    assertEquals(await keyring.getPassword("svc", "usr"), "old");
    assert(buffers.every((buffer) => buffer.every((byte) => byte === 0)));
  }
});

Deno.test("set --binary and get --binary keep every byte", async () => {
  const keyring = new MemoryKeyring();
  const bytes = Uint8Array.from({ length: 5000 }, (_, index) => index % 256);
  bytes[4999] = 0x0a;
  const stdin = piped(bytes, 4096);
  assertEquals(await run(["set", "--binary", "svc", "key"], keyring, { stdin }), {
    code: 0,
    out: "",
    err: "",
  });
  const written: Uint8Array[] = [];
  const writeOut = (part: Uint8Array) => Promise.resolve(void written.push(part.slice()));
  const outcome = await run(["get", "--binary", "svc", "key"], keyring, { writeOut });
  assertEquals([outcome.code, outcome.err, written], [0, "", [bytes]]);
  assertEquals(await run(["get", "--binary", "svc", "none"]), { code: 1, out: "", err: "" });
});

Deno.test("--binary is refused where bytes cannot be", async () => {
  const stdin = { isTerminal: () => true, read: () => Promise.reject(new Error("not a pipe")) };
  assertEquals(
    usageError(await run(["set", "--binary", "svc", "key"], undefined, { stdin }), "set"),
    "keyring: error: set --binary reads from a pipe or a file",
  );
  for (const option of ["--mode=creds", "--output=json"]) {
    assertEquals(
      usageError(await run(["get", "--binary", option, "svc", "key"]), "get"),
      "keyring: error: get --binary prints bytes, not credentials or JSON",
    );
  }
});

Deno.test("prune tells how many leftovers it removed", async () => {
  class Littered extends MemoryKeyring {
    constructor(private readonly count: number) {
      super();
    }
    override readonly prune = () => Promise.resolve(this.count);
  }
  const cases: [MemoryKeyring, string][] = [
    [new MemoryKeyring(), "removed 0 leftovers\n"],
    [new Littered(1), "removed 1 leftover\n"],
    [new Littered(12), "removed 12 leftovers\n"],
  ];
  for (const [keyring, out] of cases) {
    assertEquals(await run(["prune"], keyring), { code: 0, out, err: "" });
  }
  assertEquals(
    usageError(await run(["prune", "svc"]), "prune"),
    "keyring: error: unrecognized arguments: svc",
  );
});

Deno.test("set asks a person", async () => {
  const keyring = new MemoryKeyring();
  const asked: string[] = [];
  const outcome = await run(["set", "my_app", "al\nice"], keyring, {
    stdin: { isTerminal: () => true, read: () => Promise.reject(new Error("not a pipe")) },
    prompt: (question) => Promise.resolve(`typed${asked.push(question)}`),
  });
  assertEquals(outcome.code, 0);
  assertEquals(asked, ["Password for 'al\\u000aice' in 'my_app': "]);
  assertEquals(await keyring.getPassword("my_app", "al\nice"), "typed1");
});

Deno.test("del deletes, and fails in one sentence when there is none", async () => {
  const keyring = await keyringWith(["svc", "usr", "pw1"]);
  assertEquals(await run(["del", "svc", "usr"], keyring), { code: 0, out: "", err: "" });
  const { code, out, err } = await run(["del", "svc", "usr"], keyring);
  assertEquals([code, out], [1, ""]);
  assertEquals(
    err,
    'keyring: Cannot delete the password of "usr" for "svc": there is no such entry\n',
  );
});

Deno.test("list lines up its columns and shows no password", async () => {
  const keyring = await keyringWith(["b", "usr", "secret"], ["键盘", "二", "secret"], [
    "a\x1b[2J",
    "x\ny",
    "secret",
  ], ["b", "", "secret"]);
  const { code, out } = await run(["list"], keyring);
  assertEquals(code, 0);
  assertEquals(out, "a\\u001b[2J  x\\u000ay\nb\nb           usr\n键盘        二\n");
  assertEquals((await run(["list", "b"], keyring)).out, "b\nb  usr\n");
  assertEquals(await run(["list", "none"], keyring), { code: 0, out: "", err: "" });
});

Deno.test("list --output json is an array of what the store knows", async () => {
  const keyring = await keyringWith(["svc", "é", "secret"]);
  const { out } = await run(["list", "--output", "json"], keyring);
  assertMatch(out, /^\[\{"service": "svc", "username": "\\u00e9", "modified": "[^"]+Z"\}\]\n$/);
  assertEquals((await run(["list", "none", "--output", "json"], keyring)).out, "[]\n");
});

Deno.test("-b takes the named keyring", async () => {
  const keyring = await keyringWith(["svc", "usr", "pw1"]);
  const choose = () => Promise.reject(new Error("not asked"));
  const outcome = await run(["-b", "memory", "get", "svc", "usr"], keyring, { choose });
  assertEquals(outcome, { code: 0, out: "pw1\n", err: "" });
  assertEquals(
    usageError(await run(["-b", "frob", "get", "svc", "usr"]), "get"),
    "keyring: error: Unable to load specified keyring: " +
      'Cannot open the keyring: there is no keyring "frob"',
  );
});

Deno.test("what fails is told in one sentence, without a stack", async () => {
  const choose = () => Promise.reject(new TypeError("out of\nluck"));
  const outcome = await run(["get", "svc", "usr"], undefined, { choose });
  assertEquals(outcome, { code: 1, out: "", err: "keyring: out of\\u000aluck\n" });
});

Deno.test("an output that cannot be written is a failure", async () => {
  const keyring = await keyringWith(["svc", "usr", "secret"]);
  const writeOut = () => Promise.reject(new Error("No space left on device"));
  const writeErr = () => Promise.reject(new Error("No space left on device"));
  const { code, err } = await run(["get", "svc", "usr"], keyring, { writeOut });
  assertEquals([code, err], [1, "keyring: Cannot write the output: No space left on device\n"]);
  assertEquals((await run(["get", "svc", "usr"], keyring, { writeOut, writeErr })).code, 1);
});

Deno.test("diagnose tells the paths, the choice and each store", async () => {
  const describeStores: Context["describeStores"] = () =>
    Promise.resolve([
      { id: "one", name: "Store One", pythonName: "a.B", priority: 5, viable: true },
      {
        id: "two",
        name: "Store Two",
        pythonName: "c.D",
        priority: 4.9,
        viable: false,
        reason: "no daemon",
        flag: "--allow-run=/x",
      },
    ]);
  const { code, out } = await run(["diagnose"], undefined, { describeStores });
  assertEquals(code, 0);
  const [config, data, ...rest] = out.trimEnd().split("\n");
  assertMatch(config ?? "", /^config path: /);
  assertMatch(data ?? "", /^data root: /);
  assertEquals(rest, [
    "chosen: memory (Memory), by the test",
    "stores:",
    "  one  Store One  priority 5    viable",
    "  two  Store Two  priority 4.9  not viable, needs --allow-run=/x: no daemon",
  ]);
  const choose = () => Promise.reject(new Error("broken config"));
  const broken = await run(["diagnose"], undefined, { describeStores, choose });
  assertEquals(broken.code, 0);
  assertStringIncludes(broken.out, "chosen: none. broken config\n");
  const listed = await run(["--list-backends"], undefined, { describeStores });
  assertEquals(listed, { code: 0, out: "a.B (priority: 5)\n", err: "" });
});

Deno.test("--help tells of every command and option", async () => {
  const { code, out: help, err } = await run(["--help"], undefined, { columns: () => undefined });
  assertEquals([code, err], [0, ""]);
  const out = help.replaceAll(/\s+/g, " ");
  for (const { name, summary } of await loadCommands()) {
    assertMatch(help, new RegExp(`^  ${name} `, "m"));
    assertStringIncludes(out, summary);
  }
  for (const { name, help } of globalOptions()) {
    assertStringIncludes(out, `--${name}`);
    assertStringIncludes(out, help);
  }
  assert(help.split("\n").every((line) => line.length <= 80), help);
  assertStringIncludes(out, "deno install -gf ");
  for (const args of [["help"], ["-h"], ["help", "help"]]) {
    assertEquals((await run(args)).out, help);
  }
});

Deno.test("help fits the terminal, but for the command lines in it", async () => {
  for (const { name, commands = [] } of await loadCommands()) {
    for (const path of [[], [name], ...commands.map((below) => [name, below.name])]) {
      for (const [columns, widest] of [[40, 40], [undefined, 80], [300, 100]] as const) {
        const { code, out } = await run(["help", ...path], undefined, { columns: () => columns });
        assertEquals(code, 0);
        const prose = out.replaceAll(
          /^(examples|examples \(PowerShell\)|install):\n( .*\n)*/gm,
          "",
        );
        assert(prose.split("\n").every((line) => line.length <= widest), prose);
        if (columns === undefined) assert(out.split("\n").every((line) => line.length <= 80), out);
      }
    }
  }
});

Deno.test("a usage error shows the usage of its command, for the terminal of stderr", async () => {
  const cases: [string[], string][] = [
    [["export", "--output", "json"], "usage: keyring export [options] [SERVICE]\n"],
    [["--mode", "creds", "import"], "usage: keyring import [options] [FILE]\n"],
    [["windows", "frob"], "usage: keyring windows [options] COMMAND [TARGET]\n"],
    [["windows", "list", "--user", "x"], "usage: keyring windows list [options] [TARGET]\n"],
    [["file", "passwd", "--add", "x"], "usage: keyring file passwd [options]\n"],
    [["frob"], "usage: keyring [options] COMMAND [ARG]...\nhelp:  keyring help\n"],
    [[], "usage: keyring [options] COMMAND [ARG]...\nhelp:  keyring help\n"],
    [["get"], "usage: keyring get [options] SERVICE USERNAME\nhelp:  keyring help get\n"],
    [
      ["windows", "read"],
      "usage: keyring windows read [options] TARGET\nhelp:  keyring help windows read\n",
    ],
  ];
  for (const [args, usage] of cases) {
    const { code, err } = await run(args);
    assertEquals([code, err.slice(0, usage.length)], [2, usage]);
  }
  const { err } = await run([], undefined, { errColumns: () => 40 });
  const usage = err.slice(0, err.indexOf("keyring: error"));
  assert(usage.split("\n").every((line) => line.length <= 40), usage);
});

Deno.test("options that a command would ignore are refused", async () => {
  const commands = [["import"], ["export"], ["run"], ["file", "path"], ["prune"], ["diagnose"], [
    "del",
  ], ["set"]];
  const options = ["--output=json", "--mode=creds", "--binary", "--no-newline"];
  for (const command of commands) {
    for (const option of options) {
      if (command[0] === "set" && option === "--binary") continue;
      for (const args of [[...command, option], [option, ...command]]) {
        const message = usageError(await run(args), command.join(" "));
        assertStringIncludes(message, `keyring: error: ${command.join(" ")} does not take -`);
      }
    }
  }
});

Deno.test("each command has its own help with an example", async () => {
  for (const { name, examples } of await loadCommands()) {
    const { code, out } = await run([name, "--help"], undefined, { os: "linux" });
    assertEquals(code, 0);
    assertMatch(out, new RegExp(`^usage: keyring ${name}`));
    for (const example of examples) assertStringIncludes(out, example);
    const windows = await run([name, "--help"], undefined, { os: "windows" });
    // What PowerShell and cmd read otherwise than sh: quotes, redirections of bytes, variables.
    const lines = windows.out.split(/^examples.*:\n/m)[1] ?? "";
    assert(!/'|^ {2}(?!cmd ).*[<>]|"\$\(|^ {2}\w+=|~|\.\/|printf/m.test(lines), lines);
  }
});

Deno.test("--version prints the version", async () => {
  assertEquals(await run(["--version"]), { code: 0, out: `keyring ${meta.version}\n`, err: "" });
});
