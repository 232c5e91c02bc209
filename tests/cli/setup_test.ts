// @environment unit, windows
//
// The line that installs the command: each line grants what it is for, and no more.

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { BACKENDS } from "../../src/registry.ts";
import { CHOICE_FLAGS, keyring, runToEnd } from "../fixtures/command.ts";
import { repeatedFlags } from "../support/markdown.ts";
import { TemporaryFile } from "../support/temporary_file.ts";
import { Variables } from "../support/variables.ts";

const POSIX = { ignore: Deno.build.os === "windows" };

Deno.test("setup needs no permission, and finds paths where it may", async () => {
  const nothing = await keyring([], ["setup"]);
  assertEquals([nothing.code, nothing.err], [0, ""]);
  assertMatch(nothing.out, /^deno install -gf -n keyring --allow-env="KEYRING_\*,.*cli\.ts\n$/);
  assertMatch(nothing.out, /--allow-read="(\$\{XDG_CONFIG_HOME:-|\$env:LOCALAPPDATA\\)/);
  const { out } = await keyring(CHOICE_FLAGS, ["setup"]);
  assertStringIncludes(out, "keyringrc.cfg");
  assert(!out.includes("LOCALAPPDATA\\") && !out.includes("XDG_CONFIG_HOME:-"), out);
});

Deno.test("setup grants the programs and files that are named", async () => {
  const wanted = ["--run", "npm", "--run=make", "--read", "entries.csv", "--write", "backups"];
  const { out } = await keyring([], ["setup", ...wanted]);
  assertMatch(out, / --allow-run="?npm,make"? /);
  assertMatch(out, / --allow-read="[^"]*,entries\.csv,backups" /);
  assertMatch(out, / --allow-write="?[^ ]*backups"? /);
});

Deno.test("setup knows what each keyring needs, and refuses what is none", async () => {
  for (const { id, os, load } of BACKENDS) {
    if (os !== undefined && os !== Deno.build.os) continue;
    assertEquals(typeof await (await load()).flags?.(), "string", id);
    // What a chain consists of is a setting.
    const flags = id === "chain" ? CHOICE_FLAGS : [];
    const several = ["--run", "a b", "--run=c", "--read", "it's", "--write=d e"];
    const { code, out } = await keyring(flags, ["setup", "--store", id, ...several]);
    assertEquals([code, repeatedFlags(out)], [0, []], id);
  }
  const { code, out, err } = await keyring([], ["setup", "--store", "frob"]);
  assertEquals([code, out], [2, ""]);
  assertStringIncludes(err, "argument --store: invalid choice: 'frob' (choose from '");
});

Deno.test("setup prints the line of the keyring that was chosen", async () => {
  using _ = new Variables({ KEYRING_BACKEND: "openbao", BAO_ADDR: "https://bao.example:8200" });
  const { out } = await keyring(["--allow-env"], ["setup"]);
  assertStringIncludes(out, "--allow-net=bao.example:8200 ");
  assertStringIncludes(out, "VAULT_*,BAO_*");
});

Deno.test("an error is reported where the line that installs the command is not known", async () => {
  using _ = new Variables({ KEYRING_BACKEND: "chain" });
  const { code, err } = await keyring(["--allow-env=KEYRING_BACKEND"], ["get", "s", "u"]);
  assertEquals(code, 1);
  assertMatch(err, /^keyring: Cannot open the keyring: a Deno permission is missing\. [^\n]+\n$/);
});

/** The installation line in an error, run as `deno run` with the same flags. */
function flagsIn(err: string): string {
  const line =
    /^To install the command with it \(add again what you had allowed for other programs and files\): deno install -gf -n keyring (.*) -c \S+ \S+$/m;
  const [, flags] = line.exec(err) ?? [];
  assert(flags, err);
  return flags;
}

/** Runs the command as it would be installed. */
function runWith(flags: string, command: string) {
  const cli = new URL("../../cli.ts", import.meta.url).href;
  const line = `exec "$0" run -q --no-prompt --no-check ${flags} ${cli} ${command}`;
  return runToEnd("/bin/sh", ["-c", line, Deno.execPath()], "s3cret\n", { NO_COLOR: "1" });
}

Deno.test("the line at the end of an error leads on, whole", POSIX, async () => {
  await using encrypted = await TemporaryFile.create();
  using _ = new Variables({
    KEYRING_BACKEND: "file",
    KEYRING_FILE: encrypted.path,
    KEYRING_FILE_IDENTITY: encrypted.identityFile,
  });
  await encrypted.open().setPassword("s", "u", "old");
  let flags = "";
  const file = `${encrypted.folder}/out.jsonl`;
  for (const command of ["set s u", "run --env A=s/u -- printenv A", `export --out ${file}`]) {
    let outcome = await runWith(flags, command);
    for (let rounds = 0; outcome.code !== 0; rounds++) {
      assert(rounds < 3, outcome.err);
      flags = flagsIn(outcome.err);
      outcome = await runWith(flags, command);
    }
    assertEquals(outcome.out.includes("s3cret"), command.startsWith("run"));
  }
  assertStringIncludes(await Deno.readTextFile(file), "s3cret");
});

Deno.test(
  "the line at the end of an error grants all that its command line names",
  POSIX,
  async () => {
    await using encrypted = await TemporaryFile.create();
    const other = `${encrypted.folder}/other`;
    await encrypted.open().setPassword("s", "u", "s3cret");
    await Deno.writeTextFile(`${other}.env`, "A=keyring://s/u");
    await Deno.writeTextFile(`${other}.csv`, "service,username,password\nt,u,p\n");
    const file = { KEYRING_FILE: encrypted.path, KEYRING_FILE_IDENTITY: encrypted.identityFile };
    const cases = [
      [
        { KEYRING_BACKEND: "null", KEYRING_FILE: `${other}/a.age` },
        `file init --identity ${other}/k`,
      ],
      [{ KEYRING_BACKEND: "null", ...file }, "-b file get s u"],
      [{ KEYRING_BACKEND: "null", ...file }, "migrate --from file --to null --dry-run"],
      [{ KEYRING_BACKEND: "file", ...file }, `run --env-file ${other}.env -- printenv A`],
      [{ KEYRING_BACKEND: "file", ...file }, `import ${other}.csv`],
    ] as const;
    for (const [variables, command] of cases) {
      using _ = new Variables(variables);
      const first = await runWith(CHOICE_FLAGS.join(" "), command);
      assertEquals(first.code, 1, command);
      const { code, err } = await runWith(flagsIn(first.err), command);
      assertEquals([code, err.replace(/^Download.*\n/gm, "")], [0, ""], command);
    }
  },
);

Deno.test("the line at the end of an error keeps what is known to be granted", POSIX, async () => {
  await using encrypted = await TemporaryFile.create();
  const [file, entries] = [`${encrypted.folder}/x.env`, `${encrypted.folder}/x.csv`];
  await Deno.writeTextFile(file, "A=keyring://s/u");
  await Deno.writeTextFile(entries, "service,username,password\ns,u,p\n");
  using _ = new Variables({
    KEYRING_BACKEND: "file",
    KEYRING_FILE: "/nonexistent/entries.age",
    BAO_ADDR: "https://bao.example:8200",
  });
  const env = "--allow-env=KEYRING_*,BAO_ADDR";
  const cases: [flags: string[], args: string[], kept: RegExp][] = [
    [[`--allow-read=${file}`], ["run", "--env-file", file, "--", "ls"], new RegExp(file)],
    [["--allow-run=ls"], ["run", "--env", "A=s/u", "--", "ls"], /--allow-run=ls /],
    [[`--allow-read=${entries}`], ["import", entries], new RegExp(entries)],
    [
      [`--allow-read=${encrypted.folder}`, `--allow-write=${encrypted.folder}`],
      ["export", "--out", `${encrypted.folder}/a`],
      new RegExp(`--allow-write="?[^ ]*${encrypted.folder}\\b`),
    ],
    [
      ["--allow-run", "--allow-net"],
      ["get", "s", "u"],
      /--allow-run --allow-net |--allow-net .*--allow-run /,
    ],
    [["--allow-net=bao.example:8200"], ["get", "s", "u"], /--allow-net=bao\.example:8200 /],
  ];
  for (const [flags, args, kept] of cases) {
    const { code, err } = await keyring([env, ...flags], args);
    assertEquals(code, 1, args.join(" "));
    assertMatch(`${flagsIn(err)} `, kept);
  }
  const denied = await keyring([env, "--allow-run", "--deny-run=sudo"], ["get", "s", "u"]);
  assert(!/--allow-run( |$)/.test(flagsIn(denied.err)), denied.err);
});
