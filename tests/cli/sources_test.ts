// @environment unit, windows
// @needs python3
//
// What chooses the keyring: the command knows it, or does nothing.

import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { chooseForCommand, unreadSources } from "../../src/cli/sources.ts";
import { locateConfig } from "../../src/config.ts";
import { KeyringPermissionError } from "../../src/errors.ts";
import { CHOICE_FLAGS, keyring, type Outcome, runToEnd } from "../fixtures/command.ts";
import { onTerminal } from "../fixtures/terminal.ts";
import "../support/cheap_scrypt.ts";
import { TemporaryFile } from "../support/temporary_file.ts";
import { Variables } from "../support/variables.ts";

const { os } = Deno.build;
const POSIX = { ignore: os === "windows" };
const CLI = new URL("../../cli.ts", import.meta.url).href;
const MISSING = { code: 1, out: "", err: "" };

/** A config folder of the test's own, and no variable that chooses a keyring. */
class Place implements AsyncDisposable {
  readonly #variables: Variables;

  private constructor(readonly folder: string) {
    this.#variables = new Variables({
      KEYRING_BACKEND: undefined,
      PYTHON_KEYRING_BACKEND: undefined,
      XDG_CONFIG_HOME: folder,
      LOCALAPPDATA: folder,
    });
  }

  static async make(config?: string): Promise<Place> {
    const place = new Place(await Deno.realPath(await Deno.makeTempDir()));
    if (config !== undefined) {
      await Deno.mkdir(`${place.folder}/${os === "windows" ? "Python Keyring" : "python_keyring"}`);
      await Deno.writeTextFile(place.config, `[backend]\n${config}\n`);
    }
    return place;
  }

  get config(): string {
    return locateConfig().path ?? "";
  }

  /** The flags of the README, for the config file of this place. */
  get flags(): string[] {
    return [...CHOICE_FLAGS.slice(0, 1), `--allow-read=${this.config}`];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#variables[Symbol.dispose]();
    await Deno.remove(this.folder, { recursive: true });
  }
}

/** The flags of this system in the order in which they are named. */
const [DENIED] = os === "windows"
  ? ["KEYRING_BACKEND,PYTHON_KEYRING_BACKEND,LOCALAPPDATA,ProgramData,KEYRING_PROPERTY_PERSIST"]
  : os === "darwin"
  ? ["KEYRING_BACKEND,PYTHON_KEYRING_BACKEND,XDG_CONFIG_HOME,HOME"]
  : [
    "KEYRING_BACKEND,PYTHON_KEYRING_BACKEND,XDG_CONFIG_HOME,HOME,KEYRING_PROPERTY_APPID," +
    "XDG_CURRENT_DESKTOP",
  ];

/** What the store needs beside them is in the same flag. */
const OF_BUS = os === "linux"
  ? "(,DBUS_SESSION_BUS_ADDRESS,XDG_RUNTIME_DIR(,XDG_CURRENT_DESKTOP)?)?"
  : "";

Deno.test({
  name: "nothing is chosen where nothing may be read, and every flag is named",
  permissions: "none",
  fn: async () => {
    const error = await assertRejects(
      () => chooseForCommand({ ask: false }),
      KeyringPermissionError,
    );
    assertMatch(error.flag, new RegExp(`^--allow-env=${DENIED}${OF_BUS} --allow-read="`));
    assert(/ --allow-(run|ffi|net)=\S+$/.test(error.flag), error.flag);
    for (const part of [error.flag, "with -b", "--ignore-config"]) {
      assertStringIncludes(error.message, part);
    }
    assertEquals((await chooseForCommand({ ignoreConfig: true })).by, "priority");
    const { names } = unreadSources(os);
    assertEquals(names.filter((name) => name !== "the config file").join(","), DENIED);
  },
});

Deno.test("a source that settles the choice needs no other one", async () => {
  await using place = await Place.make("default-keyring=fail");
  for (
    const [variables, granted] of [
      [{ KEYRING_BACKEND: "null" }, "KEYRING_BACKEND"],
      [{ PYTHON_KEYRING_BACKEND: "null" }, "KEYRING_BACKEND,PYTHON_KEYRING_BACKEND"],
    ] as const
  ) {
    using _ = new Variables(variables);
    const flags = [`--allow-env=${granted}`];
    assertEquals(await keyring(flags, ["set", "s", "u"], "made-up"), { ...MISSING, code: 0 });
  }
  const { code, err } = await keyring(place.flags, ["get", "s", "u"]);
  assertEquals([code, err.includes("--allow")], [1, false]);
});

Deno.test("each source that is missing alone keeps the command from choosing", async () => {
  await using place = await Place.make("default-keyring=null");
  const [env = "", read = ""] = place.flags;
  const every = env.slice("--allow-env=".length).replace("KEYRING_*", "KEYRING_BACKEND").split(",");
  assertEquals(await keyring(place.flags, ["get", "s", "u"]), MISSING);
  const needed = ["KEYRING_BACKEND", "PYTHON_KEYRING_BACKEND"];
  needed.push(os === "windows" ? "LOCALAPPDATA" : "XDG_CONFIG_HOME");
  for (const missing of needed) {
    const flags = [`--allow-env=${every.filter((name) => name !== missing)}`, read];
    const { code, out, err } = await keyring(flags, ["set", "s", "u"], "made-up");
    assertEquals([code, out], [1, ""], missing);
    assertStringIncludes(err, `Add --allow-env=${missing}`);
    assert(
      /^keyring: .*\nTo install the command with it \(add again what you had allowed for other programs and files\): deno install .*\n$/
        .test(err),
      err,
    );
  }
  const { code, out, err } = await keyring([env], ["set", "s", "u"], "made-up");
  assertEquals([code, out], [1, ""]);
  assertStringIncludes(err, `--allow-read=`);
  assertStringIncludes(err, place.config);
});

Deno.test("the settings of the chosen keyring must be readable, by name", async () => {
  await using _place = await Place.make();
  const [id, setting] = os === "windows"
    ? ["windows", "KEYRING_PROPERTY_PERSIST"]
    : ["secret-service", "KEYRING_PROPERTY_APPID"];
  if (os === "darwin") return;
  const located = os === "windows" ? "LOCALAPPDATA,ProgramData" : "XDG_CONFIG_HOME,HOME";
  for (
    const [name, order, needed] of [
      [id, undefined, setting],
      ["chain", undefined, `KEYRING_CHAIN,${located},${setting}`],
      ["chain", `null,${id}`, setting],
    ] as const
  ) {
    using _ = new Variables({ KEYRING_BACKEND: name, KEYRING_CHAIN: order });
    const granted = order === undefined ? "" : ",KEYRING_CHAIN";
    const flags = [`--allow-env=KEYRING_BACKEND${granted}`];
    const { code, err } = await keyring(flags, ["set", "s", "u"], "x");
    assertEquals(code, 1);
    assertMatch(err, new RegExp(`Add --allow-env=${needed}${OF_BUS} `));
  }
});

Deno.test("a chain is made of what its order names, and of nothing that is guessed", async () => {
  await using place = await Place.make("default-keyring=chain\n[chain]\norder = null");
  const [env = "", read = ""] = place.flags;
  assertEquals((await keyring([env, read], ["set", "s", "u"], "made-up")).code, 0);
  const { code, err } = await keyring([env], ["-b", "chain", "set", "s", "u"], "made-up");
  assertEquals(code, 2);
  assertStringIncludes(err, "--allow-read=");
  using _ = new Variables({ KEYRING_BACKEND: "chain" });
  for (
    const [order, reason] of [
      ["nowhere", 'KEYRING_CHAIN names "nowhere" for the chain. A chain can consist of: windows'],
      ["null,chain", 'names "chain" for the chain'],
      ["null, null", 'names "null" twice'],
      [" , ", "names no keyring for the chain"],
    ] as const
  ) {
    using _order = new Variables({ KEYRING_CHAIN: order });
    const { code, out, err } = await keyring([env, read], ["set", "s", "u"], "made-up");
    assertEquals([code, out, err.trim().split("\n").length], [1, "", 1], err);
    assertStringIncludes(err, reason);
  }
});

Deno.test("diagnose says what a chain asks, and what it passes over", async () => {
  await using place = await Place.make();
  const other = os === "windows" ? "macos" : "windows";
  using _ = new Variables({
    KEYRING_BACKEND: "chain",
    KEYRING_CHAIN: `${other},hashicorp-vault,null`,
    VAULT_ADDR: undefined,
    BAO_ADDR: undefined,
    VAULT_AGENT_ADDR: undefined,
    BAO_AGENT_ADDR: undefined,
  });
  const env = `${place.flags[0]},VAULT_*,BAO_*`;
  const { out } = await keyring([env, ...place.flags.slice(1)], ["diagnose"]);
  assertStringIncludes(out, "chosen: chain (Chain (HashiCorp Vault, Null)), by environment");
  const line = out.split("\n").find((line) => line.startsWith("  chain "));
  assertStringIncludes(
    line ?? out,
    `viable: asks null; passes over ${other}: it needs ${
      other === "macos" ? "macOS" : "Windows"
    }; passes over hashicorp-vault: no Vault server is configured`,
  );
});

Deno.test("-b, --ignore-config and the commands without a keyring read nothing", async () => {
  await using _place = await Place.make("default-keyring=null");
  using _ = new Variables({ KEYRING_BACKEND: "null" });
  assertEquals(await keyring([], ["-b", "null", "get", "s", "u"]), MISSING);
  const { code, err } = await keyring(["--deny-run"], ["--ignore-config", "get", "s", "u"]);
  const [sentence = ""] = err.split(
    "\nTo install the command with it (add again what you had allowed for other programs and files): ",
  );
  assertEquals([code, sentence.includes("KEYRING_BACKEND")], [1, false], err);
  const all = ["--allow-env", "--allow-read"];
  const chosen = await keyring(all, ["get", "--ignore-config", "s", "u"]);
  assert(/^keyring: Cannot read .*: a Deno permission is missing/.test(chosen.err), chosen.err);
  for (const args of [["--help"], ["get", "-h"], ["--version"], ["--print-completion", "bash"]]) {
    const outcome = await keyring([], args);
    assertEquals([outcome.code, outcome.err], [0, ""]);
  }
  const completed = await keyring([], ["complete", "bash", "keyring ge", "10"]);
  assertEquals(completed.err, "");
});

Deno.test("diagnose names each source that could not be read, and asks for none", async () => {
  await using place = await Place.make();
  const none = await keyring([], ["diagnose"]);
  assertEquals([none.code, none.err], [0, ""]);
  const line = /^not read: (.*)$/m.exec(none.out)?.[1] ?? "";
  for (const name of (DENIED ?? "").split(",")) assertStringIncludes(line, name);
  assertStringIncludes(line, "the config file");
  assertStringIncludes(none.out, "chosen: none. Cannot open the keyring");
  const [env = ""] = place.flags;
  const some = await keyring([env], ["diagnose"]);
  assertStringIncludes(some.out, `not read: ${place.config} (`);
  const all = await keyring(place.flags, ["diagnose"]);
  assertEquals(all.out.includes("not read"), false, all.out);
});

/** Runs the command in bash, which can set a variable to what is not UTF-8. */
async function inBash(assignments: string, args: string): Promise<Outcome> {
  const command = `exec "$0" run --quiet --no-prompt --no-check -A "$1" ${args}`;
  const values = { NO_COLOR: "1", DENO_DIR: denoDir };
  const script = `unset XDG_CONFIG_HOME XDG_DATA_HOME; export ${assignments}; ${command}`;
  return await runToEnd("/bin/bash", ["-c", script, Deno.execPath(), CLI], "", values);
}

const { denoDir } = JSON.parse(
  new TextDecoder().decode(
    (await new Deno.Command(Deno.execPath(), { args: ["info", "--json"] }).output()).stdout,
  ),
);

Deno.test("a folder that is not UTF-8 holds no config that can be read", POSIX, async () => {
  for (const variable of ["HOME", "XDG_CONFIG_HOME"]) {
    const path = `${variable}=$'/tmp/\\xff'`;
    const named = await inBash(`${path} KEYRING_BACKEND=null`, "get s u");
    assertEquals(named, MISSING);
    const diagnosis = await inBash(path, "diagnose");
    assertEquals([diagnosis.code, diagnosis.err], [0, ""]);
    const reason = `unknown (${variable} is not valid UTF-8)`;
    assertStringIncludes(diagnosis.out, `config path: ${reason}\n`);
    assert(/^chosen: (secret-service|macos) .*, by priority$/m.test(diagnosis.out), diagnosis.out);
    const { code, err } = await inBash(path, "get s u");
    assertEquals(code, 1);
    const warning =
      `keyring: the config file was not looked for, as ${variable} is not valid UTF-8`;
    assertStringIncludes(err, `${warning}\n`);
    assertEquals(err.includes("unicode"), false, err);
    assertEquals((await inBash(path, "get s u --ignore-config")).err.includes(warning), false);
  }
});

Deno.test("a setting that is not UTF-8 is named", POSIX, async () => {
  const cases = [
    ["KEYRING_BACKEND", "get s u"],
    ["PYTHON_KEYRING_BACKEND", "get s u"],
    ["KEYRING_FILE", "-b file get s u"],
    ...Deno.build.os === "linux" ? [["KEYRING_PROPERTY_APPID", "get s u"]] : [],
  ];
  for (const [variable = "", args = ""] of cases) {
    const { code, out, err } = await inBash(`${variable}=$'\\xff'`, args);
    assertEquals([code, out], [1, ""]);
    assert(
      /^keyring: Cannot [^\n]+ is not valid UTF-8\. See docs\/errors\.md#keyringerror\.\n$/.test(
        err,
      ),
      err,
    );
    assertStringIncludes(err, variable);
  }
});

Deno.test("a setting of the encrypted file that is not UTF-8 is named", POSIX, async () => {
  await using byIdentity = await TemporaryFile.create();
  await using byPassphrase = await TemporaryFile.locked("correct horse");
  for (
    const [variable, { path }] of [
      ["KEYRING_FILE_IDENTITY", byIdentity],
      ["KEYRING_FILE_TRUST_PERMISSIONS", byIdentity],
      ["KEYRING_FILE_PASSPHRASE_FILE", byPassphrase],
      ["KEYRING_FILE_PASSPHRASE", byPassphrase],
    ] as const
  ) {
    const assignments = `KEYRING_BACKEND=file KEYRING_FILE=${path} ${variable}=$'\\xff'`;
    const reason = `${variable} is not valid UTF-8`;
    const page = ". See docs/errors.md#keyringerror.";
    const { code, out, err } = await inBash(assignments, "get s u");
    assertEquals([code, out], [1, ""]);
    assertEquals(err, `keyring: Cannot read the password of "u" for "s": ${reason}${page}\n`);
  }
  const file = `KEYRING_FILE=${byIdentity.path} KEYRING_FILE_IDENTITY=$'\\xff'`;
  const { out } = await inBash(file, "diagnose");
  assertStringIncludes(out, "KEYRING_FILE_IDENTITY is not valid UTF-8");
});

Deno.test("a PATH that is not UTF-8 hides no missing program", POSIX, async () => {
  await using encrypted = await TemporaryFile.create();
  await encrypted.open().setPassword("s", "u", "made-up");
  const file = `KEYRING_FILE=${encrypted.path} KEYRING_FILE_IDENTITY=${encrypted.identityFile}`;
  const run = "run -b file --env A=s/u -- keyring-no-such-program";
  const { code, err } = await inBash(`${file} PATH=$PATH:$'\\xff'`, run);
  assertEquals(code, 127);
  assertStringIncludes(err, 'Cannot start "keyring-no-such-program": there is no such program');
});

Deno.test("--disable leaves nothing that would keep it from being tried again", POSIX, async () => {
  await using place = await Place.make();
  const path = `${place.folder}/new/python_keyring/keyringrc.cfg`;
  const home = `HOME=/nonexistent XDG_CONFIG_HOME=${place.folder}/new`;
  const full = await inBash(`${home}; trap "" XFSZ; ulimit -f 0`, "--disable");
  assertEquals(full.code, 1);
  assertStringIncludes(full.err, `keyring: Cannot write the config file ${path}: `);
  assertEquals(await inBash(home, "--disable"), { code: 0, out: "", err: "" });
  assertStringIncludes((await inBash(home, "--disable")).err, `Refusing to overwrite ${path}`);
});

Deno.test("a relative folder is no folder of the user's", POSIX, async () => {
  await using place = await Place.make("default-keyring=null");
  for (const variable of ["XDG_CONFIG_HOME", "HOME"]) {
    using _ = new Variables({ XDG_CONFIG_HOME: undefined, HOME: undefined, [variable]: "." });
    const { stdout } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "--quiet", "--no-check", "-A", CLI, "diagnose"],
      cwd: place.folder,
      env: { DENO_DIR: denoDir },
    }).output();
    const out = new TextDecoder().decode(stdout);
    assertStringIncludes(out, `config path: unknown (${variable} is not an absolute path)`);
  }
});

/** Runs the command on a terminal and gives one answer to each question of Deno. */
async function answering(answer: string, flags: string[], args: string[]) {
  const command = [Deno.execPath(), "run", "--quiet", "--no-check", ...flags, CLI, ...args];
  // Deno throws away what is typed before it is silent for 100 ms.
  const steps = Array.from({ length: 100 }, () => ["", "", "", "", "", `${answer}\n`]).flat();
  return await onTerminal(command, "Allow?", steps);
}

Deno.test("on a terminal Deno asks for what chooses the keyring", POSIX, async () => {
  await using place = await Place.make("default-keyring=null");
  const flags = ["--allow-env=KEYRING_BACKEND,XDG_CONFIG_HOME"];
  const { status, screen } = await answering("y", flags, ["get", "s", "u"]);
  assertEquals(status, 1);
  for (const source of ["PYTHON_KEYRING_BACKEND", place.config]) {
    assertStringIncludes(screen, `access to "${source}"`);
  }
  assertEquals(screen.includes("keyring: "), false, screen);
  const refused = await answering("n", ["--allow-env"], ["set", "s", "u"]);
  assertEquals(refused.status, 1);
  assertStringIncludes(refused.screen, `Add --allow-read=${place.config}`);
  assertEquals(refused.screen.includes("Password for"), false, refused.screen);
});
