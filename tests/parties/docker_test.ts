// @needs tool:docker, dbus-daemon (dbus), gnome-keyring-daemon (gnome-keyring)
// @uses docker-credential-secretservice (golang-docker-credential-helpers)
//
// docker, which keeps what `docker login` is given in `docker-credential-keyring`. No daemon of docker's
// is needed; the registry is on the loopback.

import { assertEquals, assertStringIncludes } from "@std/assert";
import { type Outcome, runToEnd } from "../fixtures/command.ts";
import { exists } from "../lib/dbus/private_bus.ts";
import { GnomeSession, noGnome } from "../support/gnome_session.ts";
import { Registry } from "../support/registry.ts";
import { TemporaryFile } from "../support/temporary_file.ts";

const CLI = decodeURIComponent(new URL("../../docker_credential.ts", import.meta.url).pathname);
const CONFIG = decodeURIComponent(new URL("../../deno.json", import.meta.url).pathname);
const DOCKER = Deno.env.get("KEYRING_TEST_DOCKER");
const NEIGHBOUR = "/usr/bin/docker-credential-secretservice";
const ignore = Deno.build.os !== "linux" || noGnome || !DOCKER;

type Variables = Record<string, string>;

/** A person with docker, a home folder, and a helper. */
class Client implements AsyncDisposable {
  private constructor(readonly folder: string, private readonly env: Variables) {}

  static async make(env: Variables): Promise<Client> {
    const folder = await Deno.makeTempDir({ prefix: "os-keyring-docker-" });
    const fixed = "run --quiet --no-prompt --no-check --cached-only -A";
    const script = `exec ${Deno.execPath()} ${fixed} --config=${CONFIG} ${CLI} "$@"`;
    await Deno.writeTextFile(`${folder}/docker-credential-keyring`, `#!/bin/sh\n${script}\n`, {
      mode: 0o755,
    });
    await Deno.writeTextFile(`${folder}/config.json`, '{"credsStore":"keyring"}');
    const info = await new Deno.Command(Deno.execPath(), { args: ["info", "--json"] }).output();
    const { denoDir } = JSON.parse(new TextDecoder().decode(info.stdout));
    return new Client(folder, {
      ...env,
      DENO_DIR: denoDir,
      DOCKER_CONFIG: folder,
      DOCKER_HOST: "unix:///nonexistent",
      NO_COLOR: "1",
      PATH: `${folder}:/usr/bin:/bin`,
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.folder, { recursive: true });
  }

  docker(args: string[], input = ""): Promise<Outcome> {
    return runToEnd(DOCKER ?? "", args, input, this.env);
  }

  login(host: string, user: string, password: string): Promise<Outcome> {
    return this.docker(["login", "-u", user, "--password-stdin", host], password);
  }

  /** Has it use what it keeps. */
  inspect(host: string): Promise<Outcome> {
    return this.docker(["manifest", "inspect", "--insecure", `${host}/a/b:latest`]);
  }

  helper(operation: string, input: string, name = "docker-credential-keyring"): Promise<Outcome> {
    return runToEnd(
      name.startsWith("/") ? name : `${this.folder}/${name}`,
      [operation],
      input,
      this.env,
    );
  }

  async secretOf(host: string): Promise<unknown> {
    const { code, out } = await this.helper("get", host);
    return code === 0 ? JSON.parse(out) : out.trim();
  }
}

const NOTHING = "credentials not found in native keychain";

async function workday(client: Client): Promise<void> {
  await using registry = new Registry("Basic");
  const { host, users: { alice = "" } } = registry;
  const refused = await client.login(host, "alice", "wrong");
  assertEquals(refused.code, 1);
  assertEquals(await client.secretOf(host), NOTHING);
  const login = await client.login(host, "alice", alice);
  assertEquals(login.code, 0, login.err);
  assertEquals(await client.secretOf(host), { ServerURL: host, Username: "alice", Secret: alice });
  const config = JSON.parse(await Deno.readTextFile(`${client.folder}/config.json`));
  assertEquals(config.auths, { [host]: {} });
  await client.inspect(host);
  const { asked } = registry;
  assertEquals(asked > 0, true);
  registry.users.alice = "changed";
  await client.inspect(host);
  assertEquals(registry.asked, asked);
  assertEquals((await client.login(host, "alice", "changed")).code, 0);
  const logout = await client.docker(["logout", host]);
  assertEquals([logout.code, logout.err], [0, ""]);
  assertEquals(await client.secretOf(host), NOTHING);
  assertEquals((await client.helper("list", "unused")).out, "{}\n");
}

async function identityToken(client: Client): Promise<void> {
  await using registry = new Registry("Bearer");
  const { host, idToken, users: { alice = "" } } = registry;
  const login = await client.login(host, "alice", alice);
  assertEquals(login.code, 0, login.err);
  assertEquals(await client.secretOf(host), {
    ServerURL: host,
    Username: "<token>",
    Secret: idToken,
  });
  await client.inspect(host);
  assertEquals([registry.usedToken, registry.asked > 0], [true, true]);
  assertEquals((await client.docker(["logout", host])).code, 0);
}

Deno.test("docker logs in to registries with what gnome-keyring keeps", { ignore }, async () => {
  await using session = await GnomeSession.start();
  await using client = await Client.make({ ...session.env, XDG_CURRENT_DESKTOP: "GNOME" });
  await workday(client);
  await identityToken(client);
});

Deno.test(
  "docker logs in to a registry with what an encrypted file keeps",
  { ignore },
  async () => {
    await using temporary = await TemporaryFile.create();
    await using client = await Client.make({
      KEYRING_BACKEND: "file",
      KEYRING_FILE: temporary.path,
      KEYRING_FILE_IDENTITY: temporary.identityFile,
    });
    await workday(client);
  },
);

Deno.test("docker is told that the keyring is locked", { ignore }, async () => {
  await using session = await GnomeSession.start();
  await using client = await Client.make({ ...session.env, XDG_CURRENT_DESKTOP: "GNOME" });
  await using registry = new Registry("Basic");
  const { host, users: { alice = "" } } = registry;
  assertEquals((await client.login(host, "alice", alice)).code, 0);
  await session.lock();
  await client.inspect(host);
  assertEquals(registry.asked, 0);
  const { out } = await client.helper("get", host);

  assertStringIncludes(out, "the keyring is locked");
  assertEquals(out.split("\n").length, 2);
  const erased = await client.helper("erase", host);
  assertEquals([erased.code, /is locked/.test(erased.out)], [1, true]);
  await session.restartDaemon();
  assertEquals((await client.helper("get", host)).code, 0);
});

/** What every helper of docker's answers. */
const VECTORS: [operation: string, input: string][] = [
  ["get", "r.example"],
  ["erase", "r.example"],
  [
    "store",
    '{"ServerURL":"r.example","Username":"alice","Secret":"p\\u00e4ss \\u003cword\\u003e"}\n',
  ],
  ["get", "r.example\n"],
  ["get", " r.example "],
  [
    "store",
    '{"ServerURL":"https://index.docker.io/v1/","Username":"\\u003ctoken\\u003e","Secret":"t&"}',
  ],
  ["get", "https://index.docker.io/v1/"],
  ["get", ""],
  ["erase", "\n"],
  ["store", '{"ServerURL":"","Username":"alice","Secret":"x"}'],
  ["store", '{"ServerURL":"x","Username":"","Secret":"x"}'],
  ["store", '{"ServerURL":"empty.example","Username":"alice","Secret":""}'],
  ["get", "empty.example"],
  ["get", "r.example:5000"],
  ["erase", "r.example"],
  ["get", "r.example"],
];

const noNeighbour = { ignore: ignore || !exists(NEIGHBOUR) };

Deno.test("docker gets the same from us as from its own helper", noNeighbour, async () => {
  for (const name of [NEIGHBOUR, "docker-credential-keyring"]) {
    await using session = await GnomeSession.start();
    await using client = await Client.make({ ...session.env, XDG_CURRENT_DESKTOP: "GNOME" });
    const seen: unknown[] = [];
    for (const [operation, input] of VECTORS) {
      const { code, out, err } = await client.helper(operation, input, name);
      seen.push({ operation, input, code, out, err });
    }
    OUTCOMES.set(name, seen);
  }
  assertEquals(OUTCOMES.get("docker-credential-keyring"), OUTCOMES.get(NEIGHBOUR));
});

Deno.test("docker's own helper reads our entries, and we its", noNeighbour, async () => {
  await using session = await GnomeSession.start();
  await using client = await Client.make({ ...session.env, XDG_CURRENT_DESKTOP: "GNOME" });
  const OURS = "docker-credential-keyring";
  for (const [writer, reader] of [[NEIGHBOUR, OURS], [OURS, NEIGHBOUR]] as const) {
    const hub = "https://index.docker.io/v1/";
    for (const [server, user] of [["r.example:5000", "<token>"], [hub, "alice"]]) {
      const credentials = { ServerURL: server, Username: user, Secret: "s3cret & <more>" };
      await client.helper("store", JSON.stringify(credentials), writer);
      assertEquals(JSON.parse((await client.helper("get", server ?? "", reader)).out), credentials);
    }
    // docker's own prints labels in place of URLs.
    const { out } = await client.helper("list", "unused", OURS);
    assertEquals(JSON.parse(out), { [hub]: "alice", "r.example:5000": "<token>" });
    // A password that is changed by the other one is changed for both.
    const changed = { ServerURL: hub, Username: "alice", Secret: "changed" };
    await client.helper("store", JSON.stringify(changed), reader);
    assertEquals(JSON.parse((await client.helper("get", hub, writer)).out), changed);
    for (const server of ["r.example:5000", hub]) await client.helper("erase", server, reader);
    assertEquals((await client.helper("list", "unused", writer)).out, "{}\n");
  }
});

const OUTCOMES = new Map<string, unknown[]>();
