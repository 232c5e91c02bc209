import { assert, assertEquals, assertLess, assertStringIncludes } from "@std/assert";
import { MemoryKeyring } from "../../src/backends/memory.ts";
import { openQuietly } from "../../src/choose.ts";
import { runComplete } from "../../src/cli/commands/complete.ts";
import { SCRIPTS } from "../../src/cli/complete/shells.ts";
import { COMMANDS } from "../../src/cli/commands.ts";
import { main } from "../../src/cli/main.ts";
import { OPTIONS, SHELLS } from "../../src/cli/options.ts";
import type { Keyring } from "../../src/keyring.ts";

const NO_PERMISSION = { permissions: "none" } as const;

/** What a shell is offered for these words. */
async function offered(words: string[], keyring: Keyring | undefined = undefined) {
  let out = "";
  const writeOut = (bytes: Uint8Array) => {
    out += new TextDecoder().decode(bytes);
    return Promise.resolve();
  };
  const open = () => Promise.resolve(keyring);
  const code = await runComplete(["zsh", ...words], { writeOut }, open);
  return {
    code,
    offers: out.split("\n").filter((line) => line !== "").map((line) => line.slice(1)),
  };
}

Deno.test("every command, sub-command, option and choice is offered", async () => {
  const names = COMMANDS.map(({ name }) => name);
  assertEquals((await offered([""])).offers, [...names, "help"]);
  assertEquals((await offered(["help", ""])).offers, names);
  for (const { name, commands = [], options } of COMMANDS) {
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

Deno.test("a keyring that fails or does not answer offers no names, in time", async () => {
  const failing = new MemoryKeyring();
  failing.list = () => Promise.reject(new Error("locked"));
  assertEquals(await offered(["get", ""], failing), { code: 0, offers: [] });
  const module = new URL("../../src/cli/commands/complete.ts", import.meta.url).href;
  const script = `
    import { runComplete } from ${JSON.stringify(module)};
    const start = performance.now();
    const keyring = { list: () => new Promise(() => setTimeout(() => {}, 60_000)) };
    addEventListener("unload", () => console.log(performance.now() - start));
    const writeOut = () => Promise.resolve();
    await runComplete(["zsh", "get", ""], { writeOut }, () => Promise.resolve(keyring));
  `;
  const { code, stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", `data:text/typescript,${encodeURIComponent(script)}`],
    stderr: "inherit",
  }).output();
  assertEquals(code, 0);
  assertLess(Number(new TextDecoder().decode(stdout)), 5_000);
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
