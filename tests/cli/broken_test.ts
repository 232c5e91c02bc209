// The command where its surroundings are broken: it ends with a clear line and exit code.

import { assert, assertEquals, assertLess, assertMatch } from "@std/assert";
import { main } from "../../src/cli/main.ts";
import { SecretServiceKeyring } from "../../src/backends/secret_service/backend.ts";

const ignore = Deno.build.os === "windows";
const CLI = new URL("../../cli.ts", import.meta.url).href;
const MAIN = new URL("../../src/cli/main.ts", import.meta.url).href;
const CONFIG = decodeURIComponent(new URL("../../deno.json", import.meta.url).pathname);

interface Outcome {
  code: number;
  out: string;
  err: string;
}

async function output(program: string, options: Deno.CommandOptions): Promise<Outcome> {
  const { code, stdout, stderr } = await new Deno.Command(program, {
    stdin: "null",
    ...options,
    env: { NO_COLOR: "1", ...options.env },
  }).output();
  const decoder = new TextDecoder();
  return { code, out: decoder.decode(stdout), err: decoder.decode(stderr) };
}

/** Runs `get` with a config file that `make` puts at its path. */
async function getWithConfig(make: (path: string) => unknown): Promise<Outcome> {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.mkdir(`${folder}/python_keyring`);
    await make(`${folder}/python_keyring/keyringrc.cfg`);
    const flags = ["--quiet", "--no-prompt", "--allow-env", `--allow-read=${folder}`];
    const env = { XDG_CONFIG_HOME: folder, KEYRING_BACKEND: "", PYTHON_KEYRING_BACKEND: "" };
    return await output(Deno.execPath(), { args: ["run", ...flags, CLI, "get", "s", "u"], env });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const BROKEN: [string, (path: string) => unknown][] = [
  ["a pipe", (path) => output("mkfifo", { args: [path] })],
  ["a device", (path) => Deno.symlink("/dev/zero", path)],
  ["a link to itself", (path) => Deno.symlink("keyringrc.cfg", path)],
  ["a folder", (path) => Deno.mkdir(path)],
  ["binary", (path) => Deno.writeFile(path, new Uint8Array(100_000).fill(0x80))],
  ["100 MB long", async (path) => {
    await Deno.writeTextFile(path, "[backend]\n");
    await Deno.truncate(path, 100_000_000);
  }],
  ["one endless line", (path) => Deno.writeTextFile(path, `[backend]\n${" ".repeat(900_000)}x`)],
  // Root may read it all the same, and then it is no config either.
  ["unreadable", (path) => Deno.writeTextFile(path, "x", { mode: 0 })],
];

for (const [what, make] of BROKEN) {
  Deno.test({ name: `the command names a config file that is ${what}`, ignore }, async () => {
    const { code, out, err } = await getWithConfig(make);
    assertEquals([code, out], [1, ""]);
    assertMatch(err, /^keyring: Cannot open the keyring: [^\n]*keyringrc\.cfg[^\n]*\n$/);
  });
}

const PRINTER = `
import { main } from ${JSON.stringify(MAIN)};
import { MemoryKeyring } from ${
  JSON.stringify(new URL("../../src/backends/memory.ts", import.meta.url))
};
const keyring = new MemoryKeyring();
await keyring.setPassword("svc", "usr", "made-up");
const choose = () => Promise.resolve({ keyring, id: "memory", by: "the test" });
Deno.exitCode = await main(["get", "svc", Deno.args[0]], { choose });
`;

/** Runs `get` in a shell, which closes or redirects what it is told to. */
async function getInShell(username: string, redirection: string): Promise<Outcome> {
  const printer = `data:application/javascript,${encodeURIComponent(PRINTER)}`;
  const line = `"$0" run -q --no-prompt -c "$1" "$2" "$3" ${redirection}`;
  const args = ["-c", line, Deno.execPath(), CONFIG, printer, username];
  return await output("/bin/bash", { args });
}

Deno.test(
  { name: "get shows the password nowhere when its output is closed", ignore },
  async () => {
    const { out, err } = await getInShell("usr", ">&-");
    assertEquals([out, err], ["", ""]);
    assertEquals((await getInShell("usr", "<&- >&- 2>&-")).out, "");
  },
);

Deno.test({ name: "get needs neither input nor standard error", ignore }, async () => {
  assertEquals(await getInShell("usr", "<&- 2>&-"), { code: 0, out: "made-up\n", err: "" });
  assertEquals((await getInShell("nobody", "2>&-")).code, 1);
});

Deno.test({
  name: "get fails, and says so to nobody, when everything is full",
  ignore: Deno.build.os !== "linux",
}, async () => {
  const { code } = await getInShell("usr", "> /dev/full 2> /dev/full");
  assert(code === 1);
});

const BROKEN_TOOLS: [string, string][] = [
  ["exits with 0 and prints nothing", "exit 0"],
  ["prints rubbish and fails", "head -c 10000 /dev/urandom >&2; exit 1"],
  ["prints endlessly", "exec yes"],
  ["complains endlessly", "exec yes >&2"],
  ["hangs", "exec sleep 60"],
  ["dies by a signal", "kill -SEGV $$"],
  ["leaves a child that holds the pipe", "printf made-up; sleep 60 & exit 0"],
  ["cannot be run", ""],
];

/** Runs the command in this process on a secret-tool of the test's own. */
async function runOn(secretTool: string, args: string[], stdin = ""): Promise<Outcome> {
  const keyring = new SecretServiceKeyring({ secretTool, timeoutMs: 500 });
  const outcome = { code: 0, out: "", err: "" };
  const decoder = new TextDecoder();
  const input = new Blob([stdin]).stream().getReader();
  outcome.code = await main(args, {
    choose: () => Promise.resolve({ keyring, id: "secret-service", by: "the test" }),
    stdin: {
      isTerminal: () => false,
      read: async (buffer) => {
        const { value } = await input.read();
        if (value) buffer.set(value);
        return value?.length ?? null;
      },
    },
    writeOut: (bytes) => Promise.resolve(void (outcome.out += decoder.decode(bytes))),
    writeErr: (bytes) => Promise.resolve(void (outcome.err += decoder.decode(bytes))),
  });
  return outcome;
}

for (const [what, script] of BROKEN_TOOLS) {
  Deno.test(
    { name: `the command fails in one line when secret-tool ${what}`, ignore },
    async () => {
      const folder = await Deno.makeTempDir();
      try {
        const tool = `${folder}/secret-tool`;
        if (script !== "") {
          await Deno.writeTextFile(tool, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
        }
        const started = performance.now();
        for (const args of [["get"], ["set"]]) {
          const { code, out, err } = await runOn(tool, [...args, "s", "u"], "made-up");
          assertEquals([code, out], [1, ""], args[0]);
          assertMatch(err, /^keyring: Cannot (read|store) the password[^\n]*\n$/);
          assert(!err.includes("made-up"));
        }
        assertLess(performance.now() - started, 40_000);
      } finally {
        await Deno.remove(folder, { recursive: true });
      }
    },
  );
}
