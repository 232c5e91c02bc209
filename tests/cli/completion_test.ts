import { assert, assertEquals, assertLess, assertStringIncludes } from "@std/assert";
import { MemoryKeyring } from "../../src/backends/memory.ts";
import { openQuietly } from "../../src/choose.ts";
import { runComplete } from "../../src/cli/commands/complete.ts";
import { SCRIPTS } from "../../src/cli/complete/shells.ts";
import { COMMANDS, loadCommands } from "../../src/cli/commands.ts";
import { main } from "../../src/cli/main.ts";
import { OPTIONS, SHELLS } from "../../src/cli/options.ts";
import type { Keyring } from "../../src/keyring.ts";

const NO_PERMISSION = { permissions: "none" } as const;

/** What a shell is offered for these words. */
async function offered(words: string[], keyring?: Keyring, shell = "zsh") {
  let out = "";
  const writeOut = (bytes: Uint8Array) => {
    out += new TextDecoder().decode(bytes);
    return Promise.resolve();
  };
  const open = () => Promise.resolve(keyring);
  const code = await runComplete([shell, ...words], { writeOut }, open);
  return {
    code,
    offers: out.split("\n").filter((line) => line !== "").map((line) => line.slice(1)),
  };
}

Deno.test("every command, sub-command, option and choice is offered", async () => {
  const names = COMMANDS.map(({ name }) => name);
  assertEquals((await offered([""])).offers, [...names, "help"]);
  assertEquals((await offered(["help", ""])).offers, names);
  for (const { name, commands = [], options } of await loadCommands()) {
    const below = commands.map((one) => one.name);
    if (below.length > 0) assertEquals((await offered([name, ""])).offers, below);
    const expected = OPTIONS.filter((one) => options.includes(one.name) || one.name === "help");
    assertEquals(
      (await offered([name, "--"])).offers,
      expected.map((one) => `--${one.name}`),
      name,
    );
    for (const { name: option, choices, offers } of expected) {
      if (!choices || offers) continue;
      assertEquals((await offered([name, `--${option}`, ""])).offers, choices);
      const withName = choices.map((choice) => `--${option}=${choice}`);
      assertEquals((await offered([name, `--${option}=`])).offers, withName);
    }
  }
});

Deno.test("services and usernames are offered, but for those that a terminal would obey", async () => {
  const keyring = new MemoryKeyring();
  for (const name of ["svc", "other", "with\nbreak", "with\u001b[2J", "with\u202ebidi"]) {
    await keyring.setPassword(name, `user of ${name}`, "s3cret");
  }
  assertEquals((await offered(["get", ""], keyring)).offers, ["other", "svc"]);
  assertEquals((await offered(["del", "s"], keyring)).offers, ["svc"]);
  assertEquals((await offered(["set", "svc", ""], keyring)).offers, ["user of svc"]);
  assertEquals((await offered(["get", "svc", "user", ""], keyring)).offers, []);
  assertEquals((await offered(["diagnose", ""], keyring)).offers, []);
});

async function keyringOf(...names: string[]): Promise<MemoryKeyring> {
  const keyring = new MemoryKeyring();
  for (const name of names) await keyring.setPassword(name, "usr", "s3cret");
  return keyring;
}

Deno.test("a name that the command takes for an option is offered behind -- only", async () => {
  const keyring = await keyringOf("-dash", "-5", "svc");
  await keyring.setPassword("svc", "--help", "s3cret");
  assertEquals((await offered(["get", ""], keyring)).offers, ["-5", "svc"]);
  assertEquals((await offered(["get", "-d"], keyring)).offers, []);
  assertEquals((await offered(["get", "--", ""], keyring)).offers, ["-5", "-dash", "svc"]);
  assertEquals((await offered(["get", "svc", "--", "--h"], keyring)).offers, ["--help"]);
  assertEquals((await offered(["get", "--", "-dash", "u"], keyring)).offers, ["usr"]);
  assertEquals((await offered(["get", "svc", "--", "--mo"], keyring)).offers, []);
});

// What bash cuts words at, unless its user changed that.
const CUTS = " \t\n\"'@><=;|&(:";

// What readline puts in the place of the end of the line.
const BASH_LINES: [line: string, offers: string[]][] = [
  ["keyring  ge", ["get"]],
  ["  keyring get tw", ["two\\ words"]],
  ["keyring get two\\ ", ["two\\ words"]],
  ["keyring get two\\", []],
  ["keyring get 'two ", ["two words"]],
  ['keyring get "two ', ["two words"]],
  ["keyring get two\\ words ", ["usr"]],
  ["keyring get 'two words' ", ["usr"]],
  ['keyring get "two words" u', ["usr"]],
  // Which part readline would replace is not clear.
  ["keyring get 'two'", []],
  ["keyring get ht", ["https://example.com:8443/a\\?b=c"]],
  ["keyring get https:", ["//example.com:8443/a\\?b=c"]],
  ["keyring get https://example.com:84", ["8443/a\\?b=c"]],
  ["keyring get https://example.com:8443/a?b=", ["c"]],
  ["keyring get 'https:", ["https://example.com:8443/a?b=c"]],
  ["keyring get git@e", ["@example.com"]],
  ["keyring get three\\ words:", ["here"]],
  ["keyring get 'three words:", ["three words:here"]],
  ["keyring get i", ["it\\'s"]],
  ["keyring get 'i", ["it'\\''s"]],
  ['keyring get "i', ["it's"]],
  ["keyring get \\$", ['\\$\\(touch\\ x\\)\\`\\"\\\\\\!']],
  ["keyring get '$", ['$(touch x)`"\\!']],
  // Its "!" would be looked up in the history.
  ['keyring get "\\$', []],
  ["keyring get --mode=c", ["creds"]],
];

Deno.test("a line is read and completed as bash does", async () => {
  const names = ["two words", "https://example.com:8443/a?b=c", "it's", '$(touch x)`"\\!'];
  const keyring = await keyringOf(...names, "git@example.com", "three words:here");
  for (const [line, offers] of BASH_LINES) {
    assertEquals((await offered([line, CUTS], keyring, "bash")).offers, offers, line);
  }
});

Deno.test("what is offered is written for the shell", async () => {
  const keyring = await keyringOf("plain_1:/a", "it's", "\u2019quoted\u201b", "$(touch x)`", "~");
  const inPowerShell = ["'$(touch x)`'", "'it''s'", "'~'", "'\u2019\u2019quoted\u201b\u201b'"];
  assertEquals(
    (await offered(["=get", "="], keyring, "powershell")).offers.sort(),
    [...inPowerShell, "plain_1:/a"],
  );
  // Before it inserts a name, fish does not quote a "~" at its start.
  const inFish = ["$(touch x)`", "it's", "plain_1:/a", "\u2019quoted\u201b"];
  assertEquals((await offered(["get", ""], keyring, "fish")).offers.sort(), inFish);
  assertEquals((await offered(["get", ""], keyring)).offers.sort(), [...inFish, "~"].sort());
});

const MODULE = new URL("../../src/cli/commands/complete.ts", import.meta.url).href;

/** How long a process runs, in milliseconds, from this call of `list()` to its end. */
async function runTime(list: string): Promise<number> {
  const script = `
    import { runComplete } from ${JSON.stringify(MODULE)};
    const start = performance.now();
    addEventListener("unload", () => console.log(performance.now() - start));
    const writeOut = () => Promise.resolve();
    const keyring = { list: () => ${list} };
    await runComplete(["zsh", "get", ""], { writeOut }, () => Promise.resolve(keyring));
  `;
  const { code, stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", `data:text/typescript,${encodeURIComponent(script)}`],
    stderr: "inherit",
  }).output();
  assertEquals(code, 0);
  return Number(new TextDecoder().decode(stdout));
}

Deno.test("a keyring that fails or does not answer offers no names, in time", async () => {
  const failing = new MemoryKeyring();
  failing.list = () => Promise.reject(new Error("locked"));
  assertEquals(await offered(["get", ""], failing), { code: 0, offers: [] });
  assertLess(await runTime("new Promise(() => setTimeout(() => {}, 60_000))"), 30_000);
});

Deno.test("the process ends with the answer, not with the time limit", async () => {
  // A busy machine may take long once.
  const times: number[] = [];
  while (times.length < 20 && !times.some((time) => time < 200)) {
    times.push(await runTime("Promise.resolve([])"));
  }
  assertLess(Math.min(...times), 200);
});

Deno.test("only a keyring whose list asks nobody is opened", async () => {
  for (
    const name of ["file", "chain", "null", "./own_keyring.ts", "jsr:@own/keyring", "nonsense"]
  ) {
    assertEquals(await openQuietly(name), undefined, name);
  }
  assert(
    await openQuietly(Deno.build.os === "windows" ? "windows" : "secret-service") ||
      Deno.build.os === "darwin",
  );
});

Deno.test("a module in the environment is not loaded for completion", async () => {
  const marker = await Deno.makeTempFile();
  const folder = await Deno.makeTempDir();
  try {
    const code = `Deno.removeSync(${JSON.stringify(marker)}); export default class {}`;
    await Deno.writeTextFile(`${folder}/own.ts`, code);
    const cli = new URL("../../cli.ts", import.meta.url).href;
    const { stdout } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--no-check", cli, "complete", "zsh", "get", ""],
      env: { KEYRING_BACKEND: `${folder}/own.ts` },
      stderr: "inherit",
    }).output();
    assertEquals(new TextDecoder().decode(stdout), "");
    await Deno.stat(marker);
  } finally {
    await Deno.remove(marker);
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test(
  "--print-completion prints a short script that evaluates nothing",
  NO_PERMISSION,
  async () => {
    let out = "";
    const writeOut = (bytes: Uint8Array) => {
      out += new TextDecoder().decode(bytes);
      return Promise.resolve();
    };
    for (const shell of SHELLS) {
      out = "";
      assertEquals(await main([`--print-completion=${shell}`, "--frob"], { writeOut }), 0);
      assertEquals(out, SCRIPTS[shell]);
      assertLess(out.split("\n").length, 20);
      // The first lines tell how to install it.
      const code = out.replace(/^#.*\n/gm, "");
      assert(!/\beval\b|compgen -W|Invoke-Expression/.test(code), shell);
    }
  },
);

Deno.test("--print-completion refuses a shell that it does not know", async () => {
  let err = "";
  const writeErr = (bytes: Uint8Array) => {
    err += new TextDecoder().decode(bytes);
    return Promise.resolve();
  };
  assertEquals(await main(["--print-completion", "tcsh"], { writeErr }), 2);
  assertStringIncludes(err, "argument --print-completion: invalid choice: 'tcsh' (choose from ");
});

Deno.test("what bash and PowerShell insert is escaped", async () => {
  const keyring = new MemoryKeyring();
  await keyring.setPassword("it's $(x)", "u", "s3cret");
  const ask = async (...args: string[]) => {
    let out = "";
    const writeOut = (bytes: Uint8Array) => {
      out += new TextDecoder().decode(bytes);
      return Promise.resolve();
    };
    await runComplete(args, { writeOut }, () => Promise.resolve(keyring));
    return out;
  };
  assertEquals(await ask("bash", "keyring get "), ":it\\'s\\ \\$\\(x\\)\n");
  assertEquals(await ask("bash", 'keyring get "it'), ":it's \\$(x)\n");
  assertEquals(await ask("bash", "keyring get 'it"), ":it'\\''s $(x)\n");
  assertEquals(await ask("powershell", "=get", "="), ":'it''s $(x)'\n");
});
