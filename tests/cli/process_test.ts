// @environment unit, windows

import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { type Outcome, runToEnd } from "../fixtures/command.ts";

const ON_WINDOWS = Deno.build.os === "windows";
// There is no shell and no /dev/full on Windows.
const POSIX = { ignore: ON_WINDOWS };

const CLI = new URL("../../cli.ts", import.meta.url).href;
const MAIN = new URL("../../src/cli/main.ts", import.meta.url).href;
const CONFIG = decodeURIComponent(new URL("../../deno.json", import.meta.url).pathname);
const NULL_KEYRING = { KEYRING_BACKEND: "null" };

function denoRun(flags: string[]): string[] {
  return ["run", "--quiet", "--no-prompt", ...flags, CLI];
}

async function run(
  args: string[],
  { flags = ["--allow-env"], env = {}, stdin = "" }: {
    flags?: string[];
    env?: Record<string, string>;
    stdin?: string;
  } = {},
): Promise<Outcome> {
  const own = { NO_COLOR: "1", ...env };
  return await runToEnd(Deno.execPath(), [...denoRun(flags), ...args], stdin, own);
}

Deno.test("names that are not UTF-8 are refused, and do not collide", {
  ignore: Deno.build.os === "windows",
}, async () => {
  const cli = new URL("../../cli.ts", import.meta.url).pathname;
  for (
    const operands of ["set $'a\\xff' u", "get s $'\\xfe'", "run --env A=s/u -- echo $'\\xff'"]
  ) {
    const script = `exec "$@" ${operands} </dev/null`;
    const args = ["-c", script, "bash", Deno.execPath(), "run", "--quiet", "-A", cli, "-b", "null"];
    const { code, stdout, stderr } = await new Deno.Command("bash", { args }).output();
    const err = new TextDecoder().decode(stderr);
    assertEquals(stdout.length, 0);
    // Before 2.9.6 Deno itself refuses them.
    if (/^2\.9\.[0-5]$/.test(Deno.version.deno)) {
      assertEquals(code, 1);
      assertMatch(err, /^error: invalid UTF-8 was detected/);
      continue;
    }
    assertEquals(code, 2);
    assertMatch(err, /: error: argument \d is not valid UTF-8, or contains U\+FFFD/);
  }
});

Deno.test("a command whose packages are out of reach says so in one line", POSIX, async () => {
  const folder = await Deno.makeTempDir();
  try {
    // As without HOME and network.
    const env = { DENO_DIR: folder, ...NULL_KEYRING };
    const flags = ["--allow-env", "--cached-only", "--no-check"];
    const { code, out, err } = await run(["get", "svc", "usr"], { flags, env });
    assertEquals([code, out], [1, ""]);
    assertMatch(err, /^keyring: The command cannot be loaded: .*cached-only[^\n]*\n$/);
    assertEquals(err.includes("file://"), false, err);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("the command exits with 0, 1 and 2", async () => {
  const options = { env: NULL_KEYRING };
  assertEquals(await run(["get", "svc", "usr"], options), { code: 1, out: "", err: "" });
  const usage = await run(["get", "svc"], options);
  assertEquals([usage.code, usage.out], [2, ""]);
  assertMatch(
    usage.err,
    /^usage: keyring .*\nkeyring: error: get requires service and username\r?\n$/s,
  );
});

Deno.test("the command reads a password from a pipe", async () => {
  const stdin = "pw1\n";
  const outcome = await run(["set", "svc", "usr"], { env: NULL_KEYRING, stdin });
  assertEquals(outcome, { code: 0, out: "", err: "" });
});

Deno.test("the command needs no permission for its help and version", async () => {
  for (const args of [["--help"], ["--version"], ["list", "-h"]]) {
    const { code, err } = await run(args, { flags: [] });
    assertEquals([code, err], [0, ""]);
  }
});

Deno.test(
  "the command reads neither environment nor files that it was not given",
  async () => {
    const env = { KEYRING_BACKEND: "frob" };
    const { code, err } = await run(["get", "svc", "usr"], { flags: ["--deny-run"], env });
    assertEquals(code, 1);
    assertMatch(
      err,
      /^keyring: [^\n]+\nTo install the command with it \(add again what you had allowed for other programs and files\): deno install -gf [^\n]+\n$/,
    );
    assertEquals(err.includes("frob"), false);
  },
);

Deno.test("the command tells what fails in one line without a stack", async () => {
  const fails: [string[], Record<string, string>][] = [
    [["get", "svc", "usr"], { KEYRING_BACKEND: "frob" }],
    [["get", "svc", "usr"], { KEYRING_BACKEND: "fail" }],
    [["set", "svc", "usr"], { KEYRING_BACKEND: "fail" }],
  ];
  for (const [args, env] of fails) {
    const { code, out, err } = await run(args, { env, stdin: "secret" });
    assertEquals([code, out], [1, ""]);
    assertMatch(err, /^keyring: [^\n]+\n$/);
    assertEquals(/ at |file:|secret"/.test(err), false, err);
  }
});

Deno.test("the command names the keyring that it used", async () => {
  const { code, out } = await run(["diagnose"], { env: { ...NULL_KEYRING, HOME: "/nowhere" } });
  assertEquals(code, 0);
  assertMatch(out, /^config path: .+\ndata root: .+\nchosen: null .+KEYRING_BACKEND\n/);
});

// What prints a known password without a store: the command's own main on a keyring in memory.
const PRINTER = `
import { main } from ${JSON.stringify(MAIN)};
import { MemoryKeyring } from ${
  JSON.stringify(new URL("../../src/backends/memory.ts", import.meta.url))
};
const keyring = new MemoryKeyring();
await keyring.setPassword("svc", "usr", "x".repeat(1_000_000));
const choose = () => Promise.resolve({ keyring, id: "memory", by: "the test" });
Deno.exitCode = await main(["get", "svc", "usr"], { choose });
`;

async function shell(redirection: string): Promise<Outcome> {
  const printer = `data:application/javascript,${encodeURIComponent(PRINTER)}`;
  const { code, stdout, stderr } = await new Deno.Command("/bin/bash", {
    args: [
      "-c",
      `"$1" run -q --no-prompt -c "$2" "$3" ${redirection}`,
      "-",
      Deno.execPath(),
      CONFIG,
      printer,
    ],
    env: { NO_COLOR: "1" },
    stdin: "null",
  }).output();
  const decoder = new TextDecoder();
  return { code, out: decoder.decode(stdout), err: decoder.decode(stderr) };
}

Deno.test(
  "the command fails when its output is full",
  { ignore: Deno.build.os !== "linux" },
  async () => {
    const { code, err } = await shell("> /dev/full");
    assertEquals(code, 1);
    assertMatch(err, /^keyring: Cannot write the output: No space left[^\n]*\n$/);
  },
);

Deno.test("the command ends silently when nobody reads its output", POSIX, async () => {
  const { out, err } = await shell('| true; echo "${PIPESTATUS[0]}"');
  assertEquals([out, err], ["141\n", ""]);
});

Deno.test("the command writes all of a long password", POSIX, async () => {
  const { code, out } = await shell("| (sleep 0.2; cat)");
  assertEquals([code, out.length], [0, 1_000_001]);
});

Deno.test("--disable writes Python's config once and never replaces one", POSIX, async () => {
  const home = await Deno.makeTempDir();
  try {
    const options = {
      flags: ["--allow-env", `--allow-write=${home}`, `--allow-read=${home}`],
      env: { HOME: home, XDG_CONFIG_HOME: "" },
    };
    assertEquals(await run(["--disable"], options), { code: 0, out: "", err: "" });
    const path = `${home}/.config/python_keyring/keyringrc.cfg`;
    const text = "[backend]\ndefault-keyring=keyring.backends.null.Keyring";
    assertEquals(await Deno.readTextFile(path), text);
    const { code, err } = await run(["--disable"], options);
    assertEquals([code, err], [1, `keyring: Refusing to overwrite ${path}\n`]);
    const { out } = await run(["diagnose"], options);
    assertStringIncludes(out, `config path: ${path}\n`);
    assertStringIncludes(out, `chosen: null (Null), by config file ${path}\n`);
    const refused = await run(["--disable"], { ...options, flags: ["--allow-env"] });
    assertStringIncludes(refused.err, "Add --allow-write=");
  } finally {
    await Deno.remove(home, { recursive: true });
  }
});
