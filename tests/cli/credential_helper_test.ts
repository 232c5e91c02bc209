// @uses dbus-daemon (dbus), gnome-keyring-daemon (gnome-keyring)
//
// The helpers for git and docker as commands: the lines that install them, with flags that are all
// needed, and what is dispatched before the rest of the command line.

import { assert, assertEquals, assertMatch } from "@std/assert";
import meta from "../../deno.json" with { type: "json" };
import { keyring, runScript, runToEnd } from "../fixtures/command.ts";
import { GnomeSession, noGnome } from "../support/gnome_session.ts";

const POSIX = { ignore: Deno.build.os === "windows" };
const REPOSITORY = decodeURIComponent(new URL("../../", import.meta.url).pathname);
const HELPERS = {
  git: new URL("../../git_credential.ts", import.meta.url).href,
  docker: new URL("../../docker_credential.ts", import.meta.url).href,
};
const HOST = "protocol=https\nhost=git.example.com\n";
const ALICE = "username=alice\npassword=s3cret\n";
const SYSTEM = Deno.build.os === "darwin" ? "macOS" : "Linux";

/** The line that a document gives for a system, and the flags in it. */
async function installLine(name: string): Promise<{ line: string; flags: string }> {
  const text = await Deno.readTextFile(`${REPOSITORY}docs/${name}.md`);
  const found = new RegExp(`^# ${SYSTEM}\n(deno install (?:.*\\\\\n)*.*)$`, "m").exec(text);
  const line = found?.[1]?.replaceAll(/\\\n */g, "") ?? "";
  const [, flags = ""] =
    /^deno install -g -n \S+ (.+) jsr:@os-keyring\/keyring@\^0\.1\/\w+-credential$/.exec(line) ??
      [];
  assert(flags, `docs/${name}.md does not tell how to install the helper on ${SYSTEM}`);
  return { line, flags };
}

async function denoFolder(): Promise<string> {
  const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["info", "--json"] }).output();
  return JSON.parse(new TextDecoder().decode(stdout)).denoDir;
}

for (const name of ["git", "docker"]) {
  Deno.test(`the line of docs/${name}.md installs the helper`, POSIX, async () => {
    const home = await Deno.realPath(await Deno.makeTempDir());
    const env = {
      HOME: home,
      XDG_RUNTIME_DIR: "/nonexistent/user",
      DENO_DIR: await denoFolder(),
      DENO_INSTALL_ROOT: `${home}/root`,
      NO_COLOR: "1",
      PATH: `${home}/root/bin:${Deno.execPath().replace(/\/[^/]+$/, "")}:/usr/bin:/bin`,
    };
    try {
      const { line } = await installLine(name);
      const own = `--quiet -c '${REPOSITORY}deno.json' '${REPOSITORY}${name}_credential.ts'`;
      const installed = line.replace(`jsr:@os-keyring/keyring@^0.1/${name}-credential`, own);
      const { code, err } = await runToEnd("/bin/sh", ["-c", `exec ${installed}`], "", env);
      assertEquals(code, 0, err);
      const run = (operation: string, input: string) =>
        runToEnd("/bin/sh", ["-c", `exec ${name}-credential-keyring ${operation}`], input, {
          ...env,
          KEYRING_BACKEND: "null",
        });
      if (name === "git") {
        assertEquals(await run("get", HOST), { code: 0, out: "", err: "" });
        assertEquals((await run("capability", "")).out, "version 0\ncapability state\n");
        const usage = "keyring: Usage: git-credential-keyring <get|store|erase|capability>\n";
        assertEquals(await run("", HOST), { code: 1, out: "", err: usage });
      } else {
        assertEquals(await run("list", "unused"), { code: 0, out: "{}\n", err: "" });
        assertMatch((await run("version", "")).out, /^docker-credential-keyring .* \d/);
      }
    } finally {
      await Deno.remove(home, { recursive: true });
    }
  });
}

/** The flags, each without one of the values that it lists. */
function withoutOne(flags: readonly string[]): string[][] {
  return flags.flatMap((flag, at) => {
    const [name, values = ""] = flag.split("=");
    const all = values.split(",");
    return all.map((dropped) => {
      const rest = all.filter((value) => value !== dropped).join(",");
      return flags.with(at, rest ? `${name}=${rest}` : "").filter(Boolean);
    });
  });
}

const noSession = { ignore: noGnome || Deno.build.os !== "linux" };

Deno.test("the flags of docs/git.md suffice, and all are needed", noSession, async () => {
  await using session = await GnomeSession.start();
  const { folder } = session.bus;
  const expand = (flags: string) =>
    flags.replaceAll('"', "").replaceAll("$HOME", folder)
      .replaceAll("$XDG_RUNTIME_DIR", folder).split(" ");
  const flags = expand((await installLine("git")).flags).filter((flag) => flag !== "--no-prompt");
  assertEquals(flags, expand((await installLine("docker")).flags).slice(1));
  const { XDG_CONFIG_HOME: _, DBUS_SESSION_BUS_ADDRESS: _bus, ...env } = session.env;
  const run = (given: string[], operation: string, input: string) =>
    runToEnd(
      "/usr/bin/env",
      [
        ...["-u", "XDG_CONFIG_HOME", "-u", "DBUS_SESSION_BUS_ADDRESS", Deno.execPath()],
        ...["run", "--quiet", "--no-prompt", "--no-check", "--cached-only"],
        ...[...given, HELPERS.git, operation],
      ],
      input,
      { ...env, NO_COLOR: "1" },
    );
  assertEquals(await run(flags, "store", HOST + ALICE), { code: 0, out: "", err: "" });
  assertEquals(await run(flags, "get", HOST), { code: 0, out: ALICE, err: "" });
  // Only where KDE Wallet is on the bus does the desktop's name decide.
  const needed = withoutOne(flags).filter((given) => /XDG_CURRENT_DESKTOP/.test(given.join()));
  const outcomes = await Promise.all(needed.map((given) => run(given, "get", HOST)));
  for (const [index, { code, out, err }] of outcomes.entries()) {
    assertEquals([code, out], [1, ""], needed[index]?.join(" "));
    assertMatch(err, /^keyring: Cannot open the keyring: a Deno permission is missing\. Add --/);
  }
});

Deno.test("the helpers answer as commands, with and without options", async () => {
  const env = { KEYRING_BACKEND: "null" };
  const nothing = { code: 0, out: "", err: "" };
  const missing = { code: 1, out: "credentials not found in native keychain\n", err: "" };
  for (const options of [[], ["-b", "null"], ["--keyring-backend=null"], ["--"]]) {
    assertEquals(
      await keyring(["-A"], ["git-credential", ...options, "get"], HOST, env),
      nothing,
    );
    assertEquals(
      await keyring(["-A"], ["docker-credential", ...options, "get"], "r.example", env),
      missing,
    );
  }
  const version = `docker-credential-keyring (${meta.name}) ${meta.version}\n`;
  assertEquals((await runScript(HELPERS.docker, [], ["-v"], "")).out, version);
  const usage = await keyring(["-A"], ["docker-credential"]);
  assertEquals([usage.code, /^Usage: docker-credential-keyring </.test(usage.out)], [1, true]);
  for (const name of ["git-credential", "docker-credential"]) {
    const help = await keyring(["-A"], [name, "--help"]);
    assertEquals([help.code, help.err], [0, ""]);
    assertMatch(help.out, new RegExp(`^usage: keyring ${name} `));
  }
  const none = await keyring(["-A"], ["git-credential"]);
  assertEquals([none.code, none.out], [2, ""]);
});

Deno.test(
  "the helpers name the flags that are missing, and never ask for them",
  POSIX,
  async () => {
    const flagged =
      /Cannot open the keyring: a Deno permission is missing\. Add --allow-env=KEYRING_BACKEND,/;
    const git = await runScript(HELPERS.git, [], ["get"], HOST);
    assertEquals([git.code, git.out], [1, ""]);
    assertMatch(git.err, flagged);
    const docker = await runScript(HELPERS.docker, [], ["get"], "r.example");
    assertEquals([docker.code, docker.err], [1, ""]);
    assertMatch(docker.out, flagged);
  },
);
