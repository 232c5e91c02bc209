// @environment secret-service
// @needs tool:python_clients, python3
//
// The programs of Python that run `keyring`, or import it, against one index on this machine: each
// fails without the password, and works with the one that our command has stored.

import { assertEquals, assertNotEquals, assertStringIncludes } from "@std/assert";
import { runToEnd } from "../fixtures/command.ts";
import { writeKeyringProgram } from "../fixtures/keyring_program.ts";
import {
  PACKAGE,
  type PackageIndex,
  SDIST,
  serveIndex,
  WHEEL,
  writePackage,
} from "../fixtures/package_index.ts";
import { onTerminal } from "../fixtures/terminal.ts";

const CLIENTS = Deno.env.get("KEYRING_TEST_PYTHON_CLIENTS");
const ignore = Deno.env.get("KEYRING_TEST_SECRET_SERVICE") !== "1" || !CLIENTS;
const UV = `${CLIENTS}/bin/uv`;
// The programs of a virtual environment that was moved do not find it.
const module = (name: string) => [`${CLIENTS}/bin/python3`, "-m", name];
// `-S` leaves out the packages of the system, among which is Python's keyring.
const PIP = ["/usr/bin/python3", "-S", "-m", "pip", "--disable-pip-version-check"];
const PASSWORD = "pä ss:wörd";

interface Setup extends AsyncDisposable {
  folder: string;
  index: PackageIndex;
  env: Record<string, string>;
  /** Runs a client, with no input. */
  run(...command: string[]): Promise<{ code: number; text: string }>;
  /** Runs our command, which must work, and returns what it prints. */
  keyring(stdin: string, ...args: string[]): Promise<string>;
}

async function setUp(): Promise<Setup> {
  const folder = await Deno.makeTempDir({ prefix: "os-keyring-clients-" });
  const path = await writeKeyringProgram(`${folder}/bin`);
  await writePackage(folder);
  const index = serveIndex(folder, "alice", PASSWORD);
  const uvConfig = `[[index]]\nname = "own"\nurl = "http://${index.host}/simple/"\n` +
    `default = true\nauthenticate = "always"\n`;
  await Deno.writeTextFile(`${folder}/uv.toml`, uvConfig);
  const env = {
    PATH: path,
    PYTHONPATH: `${CLIENTS}/pip`,
    PYTHONDONTWRITEBYTECODE: "1",
    PIP_CONFIG_FILE: "/dev/null",
    PIP_FIND_LINKS: "",
    UV_CACHE_DIR: `${folder}/uv`,
    UV_HTTP_RETRIES: "0",
    PIPX_HOME: `${folder}/pipx`,
    PIPX_BIN_DIR: `${folder}/pipx-bin`,
    PIPX_MAN_DIR: `${folder}/pipx-man`,
    PIPX_DEFAULT_PYTHON: "/usr/bin/python3",
    POETRY_CONFIG_DIR: `${folder}/poetry`,
    POETRY_CACHE_DIR: `${folder}/poetry-cache`,
    LC_ALL: "C.UTF-8",
  };
  return {
    folder,
    index,
    env,
    async run(program, ...args) {
      const { code, out, err } = await runToEnd(program ?? "", args, "", env);
      return { code, text: out + err };
    },
    async keyring(stdin, ...args) {
      const { code, out, err } = await runToEnd(`${folder}/bin/keyring`, args, stdin, env);
      assertEquals(code, 0, err);
      return out;
    },
    async [Symbol.asyncDispose]() {
      await index[Symbol.asyncDispose]();
      await Deno.remove(folder, { recursive: true });
    },
  };
}

/** A way of getting the package or publishing it, which needs the password of `service`. */
interface Way {
  name: string;
  service(host: string): string;
  command(setup: Setup): string[];
}

const simple = (host: string) => `http://${host}/simple/`;
const upload = (host: string) => `http://${host}/legacy/`;
const withUser = (setup: Setup) => `http://alice@${setup.index.host}/simple/`;
const subprocess = ["--keyring-provider", "subprocess"];

const WAYS: Way[] = [
  {
    name: "pip download, subprocess",
    service: simple,
    command: (setup) => [
      ...[...PIP, "--no-input", ...subprocess, "download", "--no-deps", "--no-cache-dir"],
      ...["--index-url", withUser(setup), "--dest", `${setup.folder}/a`, PACKAGE],
    ],
  },
  {
    name: "pip install, auto, by the host alone",
    service: (host) => host,
    command: (setup) => [
      ...[...PIP, "--keyring-provider", "auto", "install", "--no-deps", "--no-cache-dir"],
      ...["--index-url", withUser(setup), "--target", `${setup.folder}/b`, PACKAGE],
    ],
  },
  {
    name: "uv pip install",
    service: simple,
    command: (setup) => [
      ...[UV, "pip", "install", ...subprocess, "--python", "/usr/bin/python3"],
      ...["--no-cache", "--index-url", withUser(setup), "--target", `${setup.folder}/d`, PACKAGE],
    ],
  },
  {
    name: "uv pip install, by the user name of our entry",
    service: (host) => host,
    command: (setup) => [
      ...[UV, "pip", "install", ...subprocess, "--config-file", `${setup.folder}/uv.toml`],
      ...["--no-cache", "--python", "/usr/bin/python3", "--target", `${setup.folder}/e`, PACKAGE],
    ],
  },
  {
    name: "uv publish",
    service: upload,
    command: (setup) => [
      ...[UV, "publish", ...subprocess, "--username", "alice"],
      ...["--publish-url", upload(setup.index.host), `${setup.folder}/${WHEEL}`],
    ],
  },
  {
    name: "pipx install",
    service: simple,
    command: (setup) => [
      ...[...module("pipx"), "install", "--skip-maintenance", "--index-url", withUser(setup)],
      ...["--pip-args", `${subprocess.join(" ")} --no-cache`, PACKAGE],
    ],
  },
  {
    name: "twine upload, by Python's keyring",
    service: upload,
    command: (setup) => [
      ...[...module("twine"), "upload", "--non-interactive", "--config-file", "/dev/null"],
      ...["--disable-progress-bar", "--repository-url", upload(setup.index.host)],
      ...["--username", "alice", `${setup.folder}/${WHEEL}`],
    ],
  },
];

Deno.test("today's clients work with what our command stores", { ignore }, async (t) => {
  await using setup = await setUp();
  for (const { name, service, command } of WAYS) {
    await t.step(name, async () => {
      const args = command(setup);
      const before = setup.index.uploads.length;
      const without = await setup.run(...args);
      assertNotEquals(without.code, 0, without.text);
      await setup.keyring(`${PASSWORD}\n`, "set", service(setup.index.host), "alice");
      const { code, text } = await setup.run(...args);
      await setup.keyring("", "del", service(setup.index.host), "alice");
      assertEquals(code, 0, text);
      if (args.includes("publish") || args.includes("upload")) {
        assertEquals(setup.index.uploads.slice(before), [WHEEL]);
      }
    });
  }
});

Deno.test("pip saves the password that was typed with our command", { ignore }, async () => {
  await using setup = await setUp();
  const variables = Object.entries(setup.env).map(([name, value]) => `${name}=${value}`);
  const pip = [...PIP, ...subprocess, "download", "--no-deps", "--no-cache-dir"];
  const args = ["--index-url", simple(setup.index.host), "--dest", `${setup.folder}/f`, PACKAGE];
  const command = ["/usr/bin/env", ...variables, ...pip, ...args];
  const steps = ["alice\n", { until: "Password:" }, `${PASSWORD}\n`, { until: "[y/N]" }, "y\n"];
  const { status, screen } = await onTerminal(command, "User for", steps);
  assertEquals(status, 0, screen);
  assertEquals(await setup.keyring("", "get", setup.index.host, "alice"), `${PASSWORD}\n`);
  await setup.keyring("", "del", setup.index.host, "alice");
});

Deno.test(
  "uv works through our command with what Python's keyring stored",
  { ignore },
  async () => {
    await using setup = await setUp();
    const service = simple(setup.index.host);
    const theirs = [...module("keyring"), "set", service, "alice"];
    const { code } = await runToEnd(theirs[0] ?? "", theirs.slice(1), PASSWORD, setup.env);
    assertEquals(code, 0);
    const args = ["--no-cache", "--python", "/usr/bin/python3", "--target", `${setup.folder}/g`];
    const uv = [UV, "pip", "install", ...subprocess, "--index-url", withUser(setup), ...args];
    const done = await setup.run(...uv, PACKAGE);
    await setup.keyring("", "del", service, "alice");
    assertEquals(done.code, 0, done.text);
  },
);

Deno.test("poetry reads what our command stores, and the reverse", { ignore }, async () => {
  await using setup = await setUp();
  const { folder, index } = setup;
  const repository = index.host.replaceAll(/[.:]/g, "-");
  const entry = [`poetry-repository-${repository}`, "alice"];
  for (const name of ["poetry", "dist"]) await Deno.mkdir(`${folder}/${name}`);
  for (const name of [WHEEL, SDIST]) {
    await Deno.copyFile(`${folder}/${name}`, `${folder}/dist/${name}`);
  }
  const project = `[project]\nname = "${PACKAGE}"\nversion = "1.0"\n`;
  await Deno.writeTextFile(`${folder}/pyproject.toml`, project);
  const config = `[repositories.${repository}]\nurl = "${upload(index.host)}"\n`;
  await Deno.writeTextFile(`${folder}/poetry/config.toml`, config);
  const poetry = [...module("poetry"), "--no-ansi", "--no-interaction", "--directory", folder];

  const saved = await setup.run(...poetry, "config", `http-basic.${repository}`, "alice", PASSWORD);
  assertEquals(saved.code, 0, saved.text);
  assertEquals(await setup.keyring("", "get", ...entry), `${PASSWORD}\n`);
  await setup.keyring("", "del", ...entry);

  const publish = [...poetry, "publish", "--repository", repository];
  const without = await setup.run(...publish);
  assertStringIncludes(without.text, "401");
  await setup.keyring(`${PASSWORD}\n`, "set", ...entry);
  const { code, text } = await setup.run(...publish);
  await setup.keyring("", "del", ...entry);
  assertEquals(code, 0, text);
  assertEquals(index.uploads.sort(), [WHEEL, SDIST]);
});
