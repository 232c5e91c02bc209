// Every advice that names a flag or a variable leads on when it is followed, as a shell reads it.

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { mergeFlags } from "../../src/lib/shell.ts";
import { type Outcome, runToEnd } from "../fixtures/command.ts";
import { repeatedFlags } from "../support/markdown.ts";

const POSIX = { ignore: Deno.build.os === "windows" };
const CLI = new URL("../../cli.ts", import.meta.url).href;
const OWN = new URL("../fixtures/own_keyring.ts", import.meta.url).href;

const { denoDir } = JSON.parse(
  new TextDecoder().decode(
    (await new Deno.Command(Deno.execPath(), { args: ["info", "--json"] }).output()).stdout,
  ),
);

/** A command line of which nothing is granted, in a home of its own. */
class Session implements AsyncDisposable {
  flags: string[] = [];
  env: Record<string, string> = {};

  private constructor(readonly home: string) {}

  static async start(): Promise<Session> {
    // A path that a shell would change.
    const folder = await Deno.realPath(await Deno.makeTempDir({ prefix: "it's $HOME " }));
    await Deno.chmod(folder, 0o700);
    return new Session(folder);
  }

  async config(text: string): Promise<void> {
    const folder = `${this.home}/.config/python_keyring`;
    await Deno.mkdir(folder, { recursive: true });
    await Deno.writeTextFile(`${folder}/keyringrc.cfg`, `[backend]\n${text}\n`);
  }

  async run(...args: string[]): Promise<Outcome> {
    const line = `cd "$0"; exec "$1" run -q --no-prompt --no-check ${this.flags.join(" ")} "$2"`;
    const script = `unset XDG_CONFIG_HOME XDG_DATA_HOME; ${line} "\${@:3}"`;
    return await runToEnd(
      "/bin/bash",
      ["-c", script, this.home, Deno.execPath(), CLI, ...args],
      "s3cret\n",
      { NO_COLOR: "1", DENO_DIR: denoDir, HOME: this.home, KEYRING_BACKEND: "", ...this.env },
    );
  }

  /** Adds the flags that it names, until it names none. Returns how often it named any. */
  async follow(...args: string[]): Promise<Outcome & { rounds: number }> {
    let last = "";
    for (let rounds = 0; rounds < 10; rounds++) {
      const outcome = await this.run(...args);
      const [, flags] =
        /\b(?:Add|only with) ('?--allow-.*?)(, or '?--allow-.*)?( to the deno|\. See |\.$)/m.exec(
          outcome.err,
        ) ??
          [];
      if (flags === undefined) return { ...outcome, rounds };
      assert(flags !== last, `it leads nowhere: ${outcome.err}`);
      assertEquals(repeatedFlags(flags), []);
      last = flags;
      // A person adds to the list of a flag: Deno before 2.9.6 refuses most that come twice.
      this.flags = mergeFlags([...this.flags, flags]);
    }
    throw new Error(`it leads nowhere: ${this.flags.join(" ")}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.home, { recursive: true });
  }
}

const NOTHING = { code: 1, out: "", err: "" };

Deno.test("what chooses the keyring is named at once", POSIX, async () => {
  await using session = await Session.start();
  await session.config("default-keyring=null");
  assertEquals(await session.follow("get", "s", "u"), { ...NOTHING, rounds: 1 });
  session.env = { KEYRING_BACKEND: "null" };
  session.flags = [];
  assertEquals(await session.follow("get", "s", "u"), { ...NOTHING, rounds: 1 });
});

Deno.test("what is advised beside the flags leads on, too", POSIX, async () => {
  await using session = await Session.start();
  const { err } = await session.run("get", "s", "u");
  assertStringIncludes(
    err,
    "or name the keyring with -b, or ignore the environment and the config",
  );
  assertEquals(await session.run("-b", "null", "get", "s", "u"), NOTHING);
  const ignoring = await session.run("--ignore-config", "get", "s", "u");
  assert(/^keyring: Cannot read .* Add --allow-env=DBUS_SESSION_BUS_ADDRESS,/.test(ignoring.err));
});

Deno.test("a module's permissions are named with what they are for", POSIX, async () => {
  await using session = await Session.start();
  const module = `export { default } from "${OWN}";`;
  await Deno.writeTextFile(`${session.home}/own, it's.ts`, module);
  const bare = await session.run("-b", "own, it's.ts", "get", "s", "u");
  assertStringIncludes(bare.err, "To load a module, begin its path with ./");
  const done = await session.follow("-b", "./own, it's.ts", "get", "s", "u");
  assertEquals([done.code, done.err], [1, ""]);
  for (const flag of session.flags) assert(/^'?--allow-read=.+/.test(flag), flag);
});

Deno.test("--disable names all that it needs, and what is not set", POSIX, async () => {
  await using session = await Session.start();
  const { rounds, ...outcome } = await session.follow("--disable");
  assertEquals([outcome, rounds], [{ code: 0, out: "", err: "" }, 1]);
  session.env = { HOME: "" };
  const { err } = await session.run("--disable");
  const reason = "neither XDG_CONFIG_HOME nor HOME is set. Set HOME.";
  assertEquals(err, `keyring: Cannot write the config file: ${reason}\n`);
  session.env = {};
  assertStringIncludes((await session.run("--disable")).err, "Refusing to overwrite");
});

Deno.test("an encrypted file without HOME needs KEYRING_FILE, and no flag", POSIX, async () => {
  await using session = await Session.start();
  session.flags = ["-A"];
  session.env = { HOME: "" };
  const { err } = await session.run("-b", "file", "get", "s", "u");
  assertStringIncludes(err, "neither XDG_DATA_HOME nor HOME is set. Set KEYRING_FILE to its path.");
  session.env.KEYRING_FILE = `${session.home}/keyring.age`;
  const missing = await session.run("-b", "file", "get", "s", "u");
  assertStringIncludes(missing.err, "Create one with `keyring file init`");
  const identity = `${session.home}/identity.key`;
  assertEquals((await session.run("file", "init", "--identity", identity)).code, 0);
  const locked = await session.run("-b", "file", "get", "s", "u");
  assertStringIncludes(locked.err, "Set KEYRING_FILE_IDENTITY to the path of an identity file");
  session.env.KEYRING_FILE_IDENTITY = identity;
  assertEquals(await session.run("-b", "file", "get", "s", "u"), NOTHING);
});

Deno.test("an encrypted file leads from flag to flag to its end", POSIX, async () => {
  await using session = await Session.start();
  const identity = `${session.home}/identity.key`;
  const { code, err } = await session.follow("file", "init", "--identity", identity);
  assertEquals([code, err], [0, ""]);
  session.flags = [];
  session.env = { KEYRING_BACKEND: "file", KEYRING_FILE_IDENTITY: identity };
  const stored = await session.follow("set", "s", "u");
  // What chooses it, what locates it, and all that opens and writes it.
  assertEquals([stored.code, stored.err, stored.rounds], [0, "", 3]);
  assertEquals((await session.run("get", "s", "u")).out, "s3cret\n");
  session.flags = [];
  session.env.KEYRING_FILE_IDENTITY = `${session.home}/else where/identity.key`;
  await Deno.mkdir(`${session.home}/else where`);
  await Deno.copyFile(identity, session.env.KEYRING_FILE_IDENTITY);
  const read = await session.follow("-b", "file", "get", "s", "u");
  assertEquals([read.out, read.rounds], ["s3cret\n", 2]);
});

Deno.test("a config file that cannot be used is mended as its error says", POSIX, async () => {
  await using session = await Session.start();
  session.flags = ["-A"];
  await session.config("rubbish");
  const { err } = await session.run("get", "s", "u");
  assertStringIncludes(
    err,
    "Fix or remove the file, or choose a keyring with the variable KEYRING_BACKEND.",
  );
  session.env = { KEYRING_BACKEND: "null" };
  assertEquals(await session.run("get", "s", "u"), NOTHING);
  session.env = {};
  await session.config("default-keyring=null");
  assertEquals(await session.run("get", "s", "u"), NOTHING);
});

Deno.test("import, export and run name their flags", POSIX, async () => {
  await using session = await Session.start();
  const entries = `${session.home}/entries, new.jsonl`;
  await Deno.writeTextFile(entries, '{"service": "s", "username": "u", "password": "s3cret"}\n');
  const map = `${session.home}/.env`;
  await Deno.writeTextFile(map, "TOKEN=keyring://s/u\n");
  const linker = `${session.home}/linker.env`;
  await Deno.writeTextFile(linker, "TOKEN=keyring://s/u\nLD_LIBRARY_PATH=/nonexistent\n");
  await Deno.writeTextFile(
    `${session.home}/filled.ts`,
    `import Own from "${OWN}"; const own = new Own(); await own.setPassword("s", "u", "s3cret");
     export default own;`,
  );
  const lines = [
    ["import", "--on-conflict=skip", entries],
    ["export", "--out", `${session.home}/out, it's.jsonl`],
    ["export", "--force", "--out", `${session.home}/out, it's.jsonl`],
    ["run", "--env-file", map, "--", "/bin/true"],
    ["run", "--env-file", linker, "--", "/bin/true"],
  ];
  for (const line of lines) {
    session.flags = [];
    const { code, err } = await session.follow("-b", "./filled.ts", ...line);
    assertEquals([code, err], [0, ""], line.join(" "));
  }
});
