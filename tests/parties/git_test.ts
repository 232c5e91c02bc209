// @needs git, dbus-daemon (dbus), gnome-keyring-daemon (gnome-keyring)
// @uses tool:git13
//
// git, which asks `git-credential-keyring` for a password: Debian 12's, and Debian 13's, which knows more
// of the protocol. The server is `git http-backend` on the loopback.

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { Keyring } from "../../src/keyring.ts";
import { type Outcome, runToEnd } from "../fixtures/command.ts";
import { exists } from "../lib/dbus/private_bus.ts";
import { basic, GitServer } from "../support/git_server.ts";
import { GnomeSession, noGnome } from "../support/gnome_session.ts";
import { TemporaryFile } from "../support/temporary_file.ts";

const CLI = decodeURIComponent(new URL("../../git_credential.ts", import.meta.url).pathname);
const CONFIG = decodeURIComponent(new URL("../../deno.json", import.meta.url).pathname);
const GIT13 = Deno.env.get("KEYRING_TEST_GIT13");
const noGit = Deno.build.os !== "linux" || !exists("/usr/lib/git-core/git-http-backend");

interface Store {
  keyring: Keyring;
  /** What the helper is run with. */
  flags: string[];
  env: Record<string, string>;
}

interface Answers {
  user?: string;
  password?: string;
}

/** A person with a git, a home folder, and a helper. */
class Client {
  private constructor(
    readonly folder: string,
    private readonly env: Record<string, string>,
    private readonly program: string,
  ) {}

  static async make(folder: string, { flags, env }: Store, program: string): Promise<Client> {
    const script = (name: string, line: string) =>
      Deno.writeTextFile(`${folder}/${name}`, `#!/bin/sh\n${line}\n`, { mode: 0o755 });
    const fixed = ["run", "--quiet", "--no-prompt", "--no-check", "--cached-only"];
    const command = [Deno.execPath(), ...fixed, ...flags, `--config=${CONFIG}`, CLI];
    await script("git-credential-keyring", `exec ${command.join(" ")} "$@"`);
    // git names what it asks for.
    await script(
      "ask",
      'case $1 in User*) printf %s "$ANSWER_USER";; *) printf %s "$ANSWER";; esac',
    );
    await Deno.writeTextFile(
      `${folder}/config`,
      "[credential]\nhelper = keyring\n[user]\nname = a\nemail = a@example.com\n" +
        "[init]\ndefaultBranch = main\n",
    );
    return new Client(folder, { ...env, ...await variables(folder) }, program);
  }

  /** Runs git, with somebody who knows these answers; without, nobody is there. */
  async git(args: string[], { user = "", password }: Answers = {}): Promise<Outcome> {
    const asks = password !== undefined;
    return await runToEnd(this.program, ["-C", this.folder, ...args], "", {
      ...this.env,
      GIT_ASKPASS: asks ? `${this.folder}/ask` : "/bin/false",
      ANSWER_USER: user,
      ANSWER: password ?? "",
    });
  }

  async mustGit(args: string[], answers?: Answers): Promise<string> {
    const { code, out, err } = await this.git(args, answers);
    assertEquals(code, 0, `git ${args.join(" ")}: ${err}`);
    return out;
  }
}

async function variables(folder: string): Promise<Record<string, string>> {
  const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["info", "--json"] }).output();
  return {
    DENO_DIR: JSON.parse(new TextDecoder().decode(stdout)).denoDir,
    GIT_CONFIG_GLOBAL: `${folder}/config`,
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_TERMINAL_PROMPT: "0",
    NO_COLOR: "1",
    PATH: `${folder}:/usr/bin:/bin`,
  };
}

type Test = (client: Client, server: GitServer, keyring: Keyring) => Promise<void>;

async function withClient(store: Store, program: string, test: Test): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "os-keyring-git-" });
  try {
    await Deno.mkdir(`${folder}/server`);
    await using server = await GitServer.start(`${folder}/server`);
    await test(await Client.make(folder, store, program), server, store.keyring);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function inGnome(
  name: string,
  test: (session: GnomeSession, ...rest: Parameters<Test>) => Promise<void>,
) {
  Deno.test(`git ${name}`, { ignore: noGit || noGnome }, async () => {
    await using session = await GnomeSession.start();
    await using keyring = session.keyring({ layout: "git" });
    await withClient(storeOf(session, keyring), "/usr/bin/git", (...all) => test(session, ...all));
  });
}

/** With the flags of docs/git.md. */
function storeOf({ env, bus: { path } }: GnomeSession, keyring: Keyring): Store {
  const names = "KEYRING_*,PYTHON_KEYRING_BACKEND,XDG_CONFIG_HOME,HOME,XDG_CURRENT_DESKTOP," +
    "DBUS_SESSION_BUS_ADDRESS,XDG_RUNTIME_DIR";
  const config = `${env.XDG_CONFIG_HOME}/python_keyring/keyringrc.cfg`;
  const flags = [`--allow-env=${names}`, `--allow-read=${config},${path}`];
  flags.push(`--allow-write=${path}`, `--allow-net=unix:${path}`);
  return { keyring, flags, env: { ...env, XDG_CURRENT_DESKTOP: "GNOME" } };
}

async function commit(client: Client, clone: string): Promise<void> {
  await client.mustGit(["-C", clone, "commit", "--quiet", "--allow-empty", "-m", "more"]);
}

const workday: Test = async (client, server, keyring) => {
  let password = "pässwörd 1";
  const service = `git:http://${server.host}`;
  const url = `http://${server.host}/a.git`;
  server.authorize = (header) => header === basic("alice", password) ? "alice" : undefined;
  assertEquals((await client.git(["clone", "--quiet", url, "work"])).code, 128);
  await client.mustGit(["clone", "--quiet", url, "work"], { user: "alice", password });
  assertEquals(await keyring.getPassword(service, "alice"), password);
  await commit(client, "work");
  await client.mustGit(["-C", "work", "push", "--quiet", "origin", "HEAD"]);
  await client.mustGit(["clone", "--quiet", url, "other"]);
  await client.mustGit(["-C", "other", "fetch", "--quiet"]);
  password = "changed";
  const { code, err } = await client.git(["-C", "other", "fetch", "--quiet"]);
  assertEquals(code, 128);
  assertStringIncludes(err, "Authentication failed");
  assertEquals(await keyring.getPassword(service, "alice"), null);
  await client.mustGit(["-C", "other", "fetch", "--quiet"], { user: "alice", password });
  await client.mustGit(["-C", "work", "fetch", "--quiet"]);
  assertEquals(await keyring.getPassword(service, "alice"), password);
};

for (
  const [debian, program] of [["12", "/usr/bin/git"], ["13", GIT13 && `${GIT13}/git`]] as const
) {
  const ignore = noGit || noGnome || program === undefined;
  Deno.test(`git of Debian ${debian} keeps a password in gnome-keyring`, { ignore }, async () => {
    await using session = await GnomeSession.start();
    await using keyring = session.keyring({ layout: "git" });
    await withClient(storeOf(session, keyring), program ?? "", workday);
  });
}

Deno.test("git keeps a password in an encrypted file", { ignore: noGit }, async () => {
  await using temporary = await TemporaryFile.create();
  const keyring = temporary.open();
  const env = {
    KEYRING_BACKEND: "file",
    KEYRING_FILE: temporary.path,
    KEYRING_FILE_IDENTITY: temporary.identityFile,
  };
  await withClient(
    { keyring, flags: ["-A"], env },
    "/usr/bin/git",
    async (client, server, keyring) => {
      await workday(client, server, keyring);
      const before = await Deno.readFile(temporary.path);
      await client.mustGit(["-C", "work", "fetch", "--quiet"]);
      assertEquals(await Deno.readFile(temporary.path), before);
    },
  );
});

inGnome(
  "keeps two users of a server, and the repositories of each user apart",
  async (_, client, server) => {
    const users: Record<string, string> = { alice: "of alice", bob: "of bob" };
    server.authorize = (header) => {
      return Object.keys(users).find((user) => header === basic(user, users[user] ?? ""));
    };
    for (const [user, password] of Object.entries(users)) {
      const url = `http://${user}@${server.host}/a.git`;
      await client.mustGit(["clone", "--quiet", url, user], { password });
    }
    for (const user of ["alice", "bob", "alice"]) {
      await client.mustGit(["-C", user, "fetch", "--quiet"]);
    }
    await client.mustGit(["config", "--global", "credential.useHttpPath", "true"]);
    server.authorize = (header, repository) =>
      header === basic("alice", repository) ? "a" : undefined;
    const url = (name: string) => `http://${server.host}/${name}`;
    for (const name of ["a.git", "b.git"]) {
      await client.mustGit(["clone", "--quiet", url(name), `path-${name}`], {
        user: "alice",
        password: name,
      });
    }
    for (const name of ["a.git", "b.git", "a.git"]) {
      await client.mustGit(["-C", `path-${name}`, "fetch", "--quiet"]);
    }
  },
);

inGnome("gives no password to another port, or to another host", async (_, client, server) => {
  const seen: string[] = [];
  const path = `${client.folder}/other`;
  await Deno.mkdir(path);
  await using other = await GitServer.start(path);
  other.authorize = (header) => void seen.push(header);
  server.authorize = (header) => header === basic("alice", "pw") ? "alice" : undefined;
  await client.mustGit(["clone", "--quiet", `http://${server.host}/a.git`, "work"], {
    user: "alice",
    password: "pw",
  });
  for (const host of [other.host, other.host.replace("127.0.0.1", "localhost")]) {
    assertEquals((await client.git(["ls-remote", `http://${host}/a.git`])).code, 128);
  }
  assert(seen.length >= 2);
  assertEquals(seen.filter((header) => header !== ""), []);
});

inGnome(
  "goes on without a locked keyring, which keeps the password",
  async (session, client, server) => {
    let password = "pw";
    server.authorize = (header) => header === basic("alice", password) ? "alice" : undefined;
    const url = `http://alice@${server.host}/a.git`;
    await client.mustGit(["clone", "--quiet", url, "work"], { password });
    await session.lock();
    const locked = await client.git(["-C", "work", "fetch", "--quiet"]);
    assertEquals(locked.code, 128);
    assertStringIncludes(locked.err, "the keyring is locked");
    // git stores what was typed, and it erases what was refused: neither happens.
    const { code, err } = await client.git(["-C", "work", "fetch", "--quiet"], { password });
    assertEquals(code, 0);
    // Once when git asks, and once when it stores.
    assertEquals(err.split("the keyring is locked. Unlock it in ").length, 3);
    password = "changed";
    await client.git(["-C", "work", "fetch", "--quiet"], { password: "pw" });
    await session.restartDaemon();
    password = "pw";
    await client.mustGit(["-C", "work", "fetch", "--quiet"]);
  },
);

inGnome(
  "does not keep a token that another helper makes",
  async (session, client, server, keyring) => {
    if (!GIT13) return;
    const newer = await Client.make(client.folder, storeOf(session, keyring), `${GIT13}/git`);
    server.challenges = ['Bearer scope="x"', 'Basic realm="git"'];
    server.authorize = (header) => header === "Bearer TOKEN" ? "alice" : undefined;
    const answer = ["capability[]=authtype", "authtype=Bearer", "credential=TOKEN"].join("\\n");
    const helper = `!f() { test "$1" = get && printf '${answer}\\n' || cat >>stored; }; f`;
    await newer.mustGit(["config", "--global", "--add", "credential.helper", helper]);
    const url = `http://${server.host}/a.git`;
    await newer.mustGit(["clone", "--quiet", url, "work"]);
    await newer.mustGit(["-C", "work", "fetch", "--quiet"]);
    assertStringIncludes(await Deno.readTextFile(`${client.folder}/stored`), "credential=TOKEN");
    assertEquals(await keyring.list({ service: `git:http://${server.host}` }), []);
  },
);
