// @environment secret-service
// @needs secret-tool (libsecret-tools)
//
// The layouts in the Secret Service: items as their programs write them, made by hand.

import { assertEquals, assertMatch, assertRejects, assertThrows } from "@std/assert";
import { SecretServiceKeyring } from "../../src/backends/secret_service/backend.ts";
import { KeyringError, PasswordDeleteError, SecretTooLargeError } from "../../src/errors.ts";
import { LAYOUT_NAMES, type LayoutName } from "../../src/layouts/names.ts";
import { countItems, runProgram, secretTool } from "../fixtures/secret_tool.ts";

const ignore = Deno.env.get("KEYRING_TEST_SECRET_SERVICE") !== "1";
const bus = Deno.env.get("DBUS_SESSION_BUS_ADDRESS") ?? "unix:path=/none";
const keyrings = new Map(LAYOUT_NAMES.map((layout) => {
  return [layout, new SecretServiceKeyring({ bus, layout })];
}));

function open(layout: LayoutName): SecretServiceKeyring {
  return keyrings.get(layout) as SecretServiceKeyring;
}

// Connected outside the tests, because the connection stays and the sanitizer would report it.
if (!ignore) await open("python").list();

const GENERIC = "org.freedesktop.Secret.Generic";
const ID = crypto.randomUUID();
const SVC = `os-keyring-test-${ID}`;
const HOST = `${ID}.example.com`;

function test(name: string, run: () => Promise<void>): void {
  Deno.test(`in the Secret Service, ${name}`, { ignore }, async () => {
    try {
      await run();
    } finally {
      await secretTool(["clear", "service", SVC]);
      for (const server of [HOST, `https://${HOST}/v1/`]) {
        await secretTool(["clear", "server", server]);
      }
      await secretTool(["clear", "service", `git:https://${HOST}`]);
    }
  });
}

async function store(label: string, attributes: string, secret = "pässword1"): Promise<void> {
  const words = attributes.split(" ");
  await secretTool(["store", `--label=${label}`, "--", ...words], secret);
}

interface Row {
  layout: LayoutName;
  service: string;
  username: string;
  label: string;
  attributes: string;
}

// As the programs themselves wrote them.
const ROWS: Row[] = [
  {
    layout: "keytar",
    service: SVC,
    username: "ünï@b:c",
    label: `${SVC}/ünï@b:c`,
    attributes: `account ünï@b:c service ${SVC} xdg:schema ${GENERIC}`,
  },
  {
    layout: "bun",
    service: SVC,
    username: "alice",
    label: `${SVC}/alice`,
    attributes: `account alice service ${SVC} xdg:schema com.oven-sh.bun.Secret`,
  },
  {
    layout: "rust",
    service: SVC,
    username: "alice",
    label: `keyring:alice@${SVC}`,
    attributes: `service ${SVC} username alice`,
  },
  {
    layout: "go",
    service: SVC,
    username: "alice",
    label: `Password for 'alice' on '${SVC}'`,
    attributes: `service ${SVC} username alice`,
  },
  {
    layout: "python",
    service: SVC,
    username: "alice",
    label: `Password for 'alice' on '${SVC}'`,
    attributes: `application Python_keyring_library service ${SVC} username alice`,
  },
  {
    layout: "git",
    service: `git:https://${HOST}`,
    username: "alice",
    label: `Git: https://${HOST}/`,
    attributes: `protocol https server ${HOST} user alice xdg:schema org.git.Password`,
  },
  {
    layout: "git",
    service: `git:https://${HOST}:8443/team/a.git`,
    username: "bob",
    label: `Git: https://${HOST}:8443/team/a.git`,
    attributes: `object team/a.git port 8443 protocol https server ${HOST} user bob ` +
      "xdg:schema org.git.Password",
  },
  {
    layout: "docker",
    service: `https://${HOST}/v1/`,
    username: "alice",
    label: `Registry credentials for https://${HOST}/v1/`,
    attributes: `docker_cli 1 label Docker_Credentials server https://${HOST}/v1/ username alice ` +
      "xdg:schema io.docker.Credentials",
  },
];

function wordsOf({ attributes }: Row): string[] {
  // Two values have blanks.
  return attributes.split(" ").map((word) =>
    /^(Python_keyring_library|Docker_Credentials)$/.test(word) ? word.replaceAll("_", " ") : word
  );
}

/** The label and the attributes of the item that has these. */
async function lookAt(words: readonly string[]): Promise<string[]> {
  const { stdout, stderr } = await secretTool(["search", "--all", "--", ...words]);
  const lines = `${stdout}\n${stderr}`.split("\n");
  // The daemon adds the generic schema to an item without one, sooner or later.
  const added = words.includes("xdg:schema") ? "" : `schema = ${GENERIC}`;
  return lines.filter((line) => /^(label|schema|attribute\.\S+) = /.test(line) && line !== added)
    .sort();
}

for (const row of ROWS) {
  const { layout, service, username, label } = row;
  test(`the layout "${layout}" reads and writes ${label.replace(ID, "…")}`, async () => {
    const keyring = open(layout);
    const words = wordsOf(row);
    await secretTool(["store", `--label=${label}`, "--", ...words], "pässword1");
    const expected = await lookAt(words);
    assertEquals(await keyring.getPassword(service, username), "pässword1");
    const listed = (await keyring.list({ service })).map((entry) => entry.username);
    assertEquals(listed, [username]);
    const all = (await keyring.list()).filter((entry) => entry.service === service);
    assertEquals(all.map((entry) => entry.username), [username]);
    assertEquals((await keyring.getCredential(service))?.username, username);
    await keyring.setPassword(service, username, "new");
    assertEquals(await lookAt(words), expected);
    assertEquals((await secretTool(["lookup", "--", ...words])).stdout, "new");
    await keyring.deletePassword(service, username);
    assertEquals(await countItems(...words), 0);
    await keyring.setPassword(service, username, "again");
    assertEquals((await secretTool(["lookup", "--", ...words])).stdout, "again");
    assertEquals(await lookAt(words), expected);
    assertEquals(await countItems(...words), 1);
  });
}

test("an update keeps the label that the owner gave", async () => {
  await store("My label", `account alice service ${SVC} xdg:schema ${GENERIC}`);
  await open("keytar").setPassword(SVC, "alice", "new");
  const found = await lookAt(["service", SVC]);
  assertEquals(found.filter((line) => line.startsWith("label")), ["label = My label"]);
});

test("git's port and path are exact, and no write replaces what has more", async () => {
  const git = open("git");
  const [host, port, path] = ["", ":8443", "/team/a.git"].map((end) => `git:https://${HOST}${end}`);
  const base = `protocol https server ${HOST} user alice xdg:schema org.git.Password`;
  await store("p", `${base} port 8443`, "of the port");
  // Also where a search for the host finds this one alone.
  assertEquals(await git.getPassword(host ?? "", "alice"), null);
  assertEquals(await git.has?.(host ?? "", "alice"), false);
  await store("o", `${base} object team/a.git`, "of the path");
  assertEquals(await git.getPassword(host ?? "", "alice"), null);
  assertEquals(await git.getCredential(host ?? ""), null);
  await assertRejects(() => git.deletePassword(host ?? "", "alice"), PasswordDeleteError);
  await git.setPassword(host ?? "", "alice", "of the host");
  assertEquals(await git.getPassword(host ?? "", "alice"), "of the host");
  assertEquals(await git.getPassword(port ?? "", "alice"), "of the port");
  assertEquals(await git.getPassword(path ?? "", "alice"), "of the path");
  await git.deletePassword(host ?? "", "alice");
  assertEquals(await countItems("server", HOST), 2);
  assertEquals((await git.list({ service: port ?? "" })).length, 1);
});

test("git reads the items of its older helper, and those of Git Credential Manager", async () => {
  const git = open("git");
  const service = `git:https://${HOST}`;
  const old = `protocol https server ${HOST} user alice xdg:schema`;
  await store("old", `${old} org.gnome.keyring.NetworkPassword`, "of git 2.39");
  assertEquals(await git.getPassword(service, "alice"), "of git 2.39");
  await git.setPassword(service, "alice", "new");
  assertEquals(await countItems("server", HOST), 1);
  await git.deletePassword(service, "alice");

  const manager = `service ${service} account bob xdg:schema com.microsoft.GitCredentialManager`;
  await store(service, manager, "of GCM");
  assertEquals(await git.getPassword(service, "bob"), "of GCM");
  assertEquals((await git.list({ service })).length, 1);
  await assertRejects(() => git.deletePassword(service, "bob"), KeyringError, "another program");
  await git.setPassword(service, "bob", "ours");
  assertEquals(await git.getPassword(service, "bob"), "ours");
  const { stdout } = await secretTool(["lookup", "--", ...manager.split(" ")]);
  assertEquals(stdout, "of GCM");
  await assertRejects(
    () => git.deletePassword(service, "bob"),
    KeyringError,
    "it was deleted, but",
  );
});

test("keytar and Bun, and what has more attributes, are kept apart", async () => {
  const [keytar, bun] = [open("keytar"), open("bun")];
  const names = `service ${SVC} account alice`;
  await store("x", `${names} xdg:schema com.example.Other`, "of another");
  await store("y", `${names} xdg:schema ${GENERIC} more x`, "of one with more");
  for (const keyring of [keytar, bun]) {
    assertEquals(await keyring.getPassword(SVC, "alice"), null);
    assertEquals(await keyring.list({ service: SVC }), []);
    await assertRejects(() => keyring.deletePassword(SVC, "alice"), PasswordDeleteError);
    await keyring.setPassword(SVC, "alice", keyring === bun ? "of Bun" : "of keytar");
  }
  assertEquals(await keytar.getPassword(SVC, "alice"), "of keytar");
  assertEquals(await bun.getPassword(SVC, "alice"), "of Bun");
  for (const keyring of [keytar, bun]) await keyring.deletePassword(SVC, "alice");
  assertEquals(await countItems("service", SVC), 2);
});

test("keytar finds what is written over an item without its schema", async () => {
  const keytar = open("keytar");
  await store("x", `service ${SVC} account alice`, "by hand");
  assertEquals(await keytar.getPassword(SVC, "alice"), "by hand");
  await keytar.setPassword(SVC, "alice", "new");
  const search = ["xdg:schema", GENERIC, "service", SVC, "account", "alice"];
  assertEquals((await secretTool(["lookup", ...search])).stdout, "new");
  assertEquals(await keytar.getPassword(SVC, "alice"), "new");
  await keytar.deletePassword(SVC, "alice");
  assertEquals(await countItems("service", SVC), 0);
});

test("Python, Rust and Go find one item at one place, and list their own", async () => {
  const [python, rust, go] = [open("python"), open("rust"), open("go")];
  await go.setPassword(SVC, "alice", "pw");
  const places = await go.locate?.(SVC, "alice");
  assertEquals(places?.length, 1);
  for (const keyring of [python, rust]) {
    assertEquals(await keyring.locate?.(SVC, "alice"), places);
  }
  assertEquals(await open("keytar").locate?.(SVC, "alice"), []);
  await python.setPassword(SVC, "bob", "pw");
  await rust.setPassword(SVC, "carol", "pw");
  const listed = async (keyring: SecretServiceKeyring) =>
    (await keyring.list()).filter(({ service }) => service === SVC).map(({ username }) => username);
  assertEquals(await listed(python), ["bob"]);
  assertEquals(await listed(rust), ["carol"]);
  assertEquals(await listed(go), ["alice"]);
  assertEquals(await go.getPassword(SVC, "bob"), "pw");
});

test("no form of this library is stored for another program, or read as its own", async () => {
  const [python, rust, keytar] = [open("python"), open("rust"), open("keytar")];
  await python.setSecret(SVC, "alice", Uint8Array.of(0xff));
  await assertRejects(() => rust.getPassword(SVC, "alice"), KeyringError, 'layout "python"');
  await rust.setSecret(SVC, "bytes", Uint8Array.of(0, 0xff));
  assertEquals(await rust.getSecret(SVC, "bytes"), Uint8Array.of(0, 0xff));
  await assertRejects(() => rust.getPassword(SVC, "bytes"), KeyringError, "not text");
  await assertRejects(() => keytar.setSecret(SVC, "bytes", Uint8Array.of(0xff)), KeyringError);
  await assertRejects(() => keytar.setPassword(SVC, "nul", "a\0b"), KeyringError, "NUL");
  await assertRejects(() => keytar.setPassword(SVC, "", "pw"), KeyringError, "username");
  const large = "x".repeat(1024 * 1024 + 1);
  await assertRejects(() => keytar.setPassword(SVC, "large", large), SecretTooLargeError);
  assertEquals(await countItems("service", SVC), 2);
  const lines = "tok\npassword_expiry_utc=1999999999\noauth_refresh_token=refr";
  await open("git").setPassword(`git:https://${HOST}`, "alice", lines);
  const words = ["server", HOST, "user", "alice"];
  assertEquals((await secretTool(["lookup", ...words])).stdout, lines);
});

test("without D-Bus the error names its flags", async () => {
  assertThrows(
    () => new SecretServiceKeyring({ secretTool: "/usr/bin/secret-tool", layout: "keytar" }),
    TypeError,
    'The layout "keytar" needs D-Bus',
  );
  const script = `
    import { SecretServiceKeyring } from ${
    JSON.stringify(import.meta.resolve("../../backends.ts"))
  };
    const keyring = new SecretServiceKeyring({ layout: "keytar" });
    await keyring.getPassword("svc", "alice").catch((error) => console.log(error.message));
  `;
  const run = ["run", "--quiet", "--no-check", "--allow-run=/usr/bin/secret-tool", "-"];
  const { stdout } = await runProgram(Deno.execPath(), run, script);
  assertMatch(stdout, /--allow-env=DBUS_SESSION_BUS_ADDRESS/);
});
