// @environment secret-service
// @needs python3:keyring (python3-keyring)
//
// The rules of the Secret Service keyring on a real daemon. They write to the keyring, so they run
// in a private session only: dev/secret_service_session.sh deno test -A tests/backends/secret_service/interop_test.ts

import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertLess,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { sessionBus } from "../../../src/lib/dbus/session.ts";
import { DEFAULT_PROGRAM } from "../../../src/backends/secret_service/secret_tool.ts";
import {
  KeyringError,
  KeyringLockedError,
  NoKeyringError,
  PasswordDeleteError,
} from "../../../src/errors.ts";
import { SecretServiceKeyring } from "../../../src/backends/secret_service/backend.ts";
import { probe } from "../../../src/backends/secret_service/open.ts";
import { isPrivateSession } from "../../fixtures/private_session.ts";
import {
  countItems as countItemsWith,
  runProgram,
  secretTool,
} from "../../fixtures/secret_tool.ts";

const ignore = !isPrivateSession();
const SERVICE = "keyring_test_service";
const COLLECTION = "/org/freedesktop/secrets/collection/login";
const keyring = new SecretServiceKeyring({ secretTool: DEFAULT_PROGRAM, timeoutMs: 20_000 });

/** A test that starts and ends without an entry of any name. */
function test(name: string, fn: () => Promise<void>): void {
  Deno.test({
    name: `Secret Service: ${name}`,
    ignore,
    fn: async () => {
      try {
        await fn();
      } finally {
        await secretTool(["clear", "service", SERVICE]);
        await secretTool(["clear", "service", `${SERVICE}2`]);
      }
    },
  });
}

/** Runs Python's keyring with the names and what comes on stdin as `p`. */
async function python(code: string, username: string, password = ""): Promise<string> {
  const program = `import keyring, sys
s, u, p = sys.argv[1], sys.argv[2], sys.stdin.buffer.read().decode()
sys.stdout.reconfigure(newline="")
${code}`;
  const args = ["-c", program, SERVICE, username];
  return (await runProgram("/usr/bin/python3", args, password)).stdout;
}

async function storeByHand(secret: string, attributes: string[]): Promise<void> {
  await secretTool(["store", "--label=x", "--", ...attributes], secret);
}

/** Counts the items of a username, whoever wrote them. */
async function countItems(username: string): Promise<number> {
  return await countItemsWith("service", SERVICE, "username", username);
}

// The daemon's own way around a dialog, which the session has no display for.
const UNLOCK = `
import secretstorage, sys
from secretstorage.util import DBusAddressWrapper, format_secret, open_session
bus = secretstorage.dbus_init()
secret = format_secret(open_session(bus), b"correct-horse", "text/plain")
interface = "org.gnome.keyring.InternalUnsupportedGuiltRiddenInterface"
service = DBusAddressWrapper("/org/freedesktop/secrets", interface, bus)
service.call("UnlockWithMasterPassword", "o(oayays)", sys.argv[1], secret)
`;

/** Locks the keyring for a test. */
async function whileLocked(fn: () => Promise<void>): Promise<void> {
  const lock = ["/org/freedesktop/secrets", "org.freedesktop.Secret.Service.Lock"];
  const target = ["--session", "--print-reply", "--dest=org.freedesktop.secrets"];
  await runProgram("dbus-send", [...target, ...lock, `array:objpath:${COLLECTION}`]);
  try {
    await fn();
  } finally {
    await runProgram("/usr/bin/python3", ["-c", UNLOCK, COLLECTION]);
  }
}

test("a password comes back exactly, is replaced and deleted", async () => {
  assertEquals(await keyring.getPassword(SERVICE, "alice"), null);
  for (
    const password of ["correct horse", "", "-p", "a\nb\n", "ünï 🔑", "\ufeffx", "' \" `", "a\0b"]
  ) {
    await keyring.setPassword(SERVICE, "alice", password);
    assertEquals(await keyring.getPassword(SERVICE, "alice"), password);
  }
  assertEquals(await countItems("alice"), 1);
  await keyring.deletePassword(SERVICE, "alice");
  assertEquals(await keyring.getPassword(SERVICE, "alice"), null);
  await assertRejects(() => keyring.deletePassword(SERVICE, "alice"), PasswordDeleteError);
});

test("odd names are names", async () => {
  const odd = [
    "",
    "-x",
    "--help",
    "--",
    "a=b",
    "a\nb",
    "a\nattribute.username = z",
    "ä",
    "a\u0308",
  ];
  const long = ["🔑".repeat(8_192)];
  for (const name of [...odd, ...long]) {
    await keyring.setPassword(SERVICE, name, `of ${name.slice(0, 98)}`);
  }
  for (const name of [...odd, ...long]) {
    assertEquals(await keyring.getPassword(SERVICE, name), `of ${name.slice(0, 98)}`);
  }
  for (const name of [...odd, ...long]) await keyring.deletePassword(SERVICE, name);
  assertEquals(await keyring.list({ service: SERVICE }), []);
});

test("bytes come back exactly", async () => {
  const all = Uint8Array.from({ length: 256 }, (_, index) => index);
  const marked = new TextEncoder().encode("os-keyring-base64:AAAA");
  for (
    const secret of [all, marked, new Uint8Array([0]), new Uint8Array([195]), new Uint8Array()]
  ) {
    await keyring.setSecret(SERVICE, "bytes", secret);
    assertEquals(await keyring.getSecret(SERVICE, "bytes"), secret);
  }
});

test("nothing is ever truncated", async () => {
  for (const size of [4096, 8190, 8191]) {
    await keyring.setPassword(SERVICE, "big", "x".repeat(size));
    assertEquals((await keyring.getPassword(SERVICE, "big"))?.length, size);
  }
  // A larger one goes into parts.
  for (const secret of ["x".repeat(8192), "ä".repeat(4096), "\0".repeat(6_200)]) {
    await keyring.setPassword(SERVICE, "big", secret);
    assertEquals(await keyring.getPassword(SERVICE, "big"), secret);
    const { stdout } = await secretTool(["lookup", "service", SERVICE, "username", "big"]);
    assertStringIncludes(stdout, "os-keyring-parts-");
  }
  await keyring.deletePassword(SERVICE, "big");
  assertEquals(await countItemsWith("application", "Python keyring library"), 0);
});

test("the names of entries are listed without secrets", async () => {
  await keyring.setPassword(`${SERVICE}2`, "alice", "1");
  await keyring.setPassword(SERVICE, "bob\nby", "2");
  await keyring.setPassword(SERVICE, "alice", "3");
  const ours = [{ service: SERVICE, username: "alice" }, { service: SERVICE, username: "bob\nby" }];
  assertEquals(await keyring.list({ service: SERVICE }), ours);
  assertEquals(await keyring.list(), [...ours, { service: `${SERVICE}2`, username: "alice" }]);
  await storeByHand("4", ["service", SERVICE, "username", "carol"]);
  await storeByHand("5", ["service", SERVICE, "account", "dave"]);
  const theirs = [...ours, { service: SERVICE, username: "carol" }];
  assertEquals(await keyring.list({ service: SERVICE }), theirs);
});

test("a credential is found without its username", async () => {
  assertEquals(await keyring.getCredential(SERVICE), null);
  await storeByHand("pw", ["service", SERVICE, "username", "carol"]);
  const carol = { username: "carol", password: "pw" };
  assertEquals(await keyring.getCredential(SERVICE), carol);
  assertEquals(await keyring.getCredential(SERVICE, "carol"), carol);
  assertEquals(await keyring.getCredential(SERVICE, "bob"), null);
});

test("an entry looks as Python makes it", async () => {
  await keyring.setPassword(SERVICE, "alice", "ours");
  await python("keyring.set_password(s, u, p)", "bob", "theirs");
  const look = async (username: string, output: "stdout" | "stderr") => {
    const args = ["search", "service", SERVICE, "username", username];
    const { [output]: text } = await secretTool(args);
    return text.replaceAll(username, "USER").split("\n").filter((line) =>
      /^label|^attribute/.test(line)
    );
  };
  assertEquals(await look("alice", "stdout"), [`label = Password for 'USER' on '${SERVICE}'`]);
  for (const output of ["stdout", "stderr"] as const) {
    assertEquals(await look("alice", output), await look("bob", output));
  }
});

test("Python reads text with quotes and backslashes, and several lines", async () => {
  const get = "sys.stdout.write(keyring.get_password(s, u) or 'none')";
  for (const password of ['p\\w "o\'brien"', " a", "a\nb"]) {
    await keyring.setPassword(SERVICE, "alice", password);
    assertEquals(await python(get, "alice"), password);
  }
});

test("Python reads, overwrites and deletes our entry", async () => {
  await keyring.setPassword(SERVICE, "ålice", "öurs\n");
  const get = "sys.stdout.write(keyring.get_password(s, u) or 'none')";
  assertEquals(await python(get, "ålice"), "öurs\n");
  await python("keyring.set_password(s, u, p)", "ålice", "théirs");
  assertEquals(await keyring.getPassword(SERVICE, "ålice"), "théirs");
  assertEquals(await countItems("ålice"), 1);
  await python("keyring.delete_password(s, u)", "ålice");
  assertEquals(await keyring.getPassword(SERVICE, "ålice"), null);
});

test("we read, overwrite and delete Python's entry", async () => {
  await python("keyring.set_password(s, u, p)", "alice", "theirs");
  assertEquals(await keyring.getPassword(SERVICE, "alice"), "theirs");
  assertEquals(await keyring.list(), [{ service: SERVICE, username: "alice" }]);
  await keyring.setPassword(SERVICE, "alice", "ours");
  assertEquals(await countItems("alice"), 1);
  const get = "sys.stdout.write(keyring.get_password(s, u) or 'none')";
  assertEquals(await python(get, "alice"), "ours");
  await keyring.deletePassword(SERVICE, "alice");
  assertEquals(await python(get, "alice"), "none");
});

test("another program's only entry is replaced, not shadowed", async () => {
  const names = ["service", SERVICE, "username", "alice"];
  await storeByHand("theirs", names);
  assertEquals(await keyring.getPassword(SERVICE, "alice"), "theirs");
  await keyring.setPassword(SERVICE, "alice", "ours");
  assertEquals(await countItems("alice"), 1);
  assertEquals((await secretTool(["lookup", ...names])).stdout, "ours");
  const { stderr } = await secretTool(["search", ...names]);
  assertEquals(stderr.match(/attribute\.\w+/g)?.toSorted(), [
    "attribute.service",
    "attribute.username",
  ]);
  await keyring.deletePassword(SERVICE, "alice");
  assertEquals(await countItems("alice"), 0);
});

test("an entry that another program marks as its own is left to it, and deleted with ours", async () => {
  const names = ["service", SERVICE, "username", "alice"];
  await storeByHand("theirs", [...names, "application", "theirs"]);
  await keyring.setPassword(SERVICE, "alice", "ours");
  assertEquals(await keyring.getPassword(SERVICE, "alice"), "ours");
  const lookup = ["lookup", ...names, "application", "theirs"];
  assertEquals((await secretTool(lookup)).stdout, "theirs");
  await keyring.deletePassword(SERVICE, "alice");
  assertEquals(await countItems("alice"), 0);
});

test("an item with one attribute more survives a set and a delete", async () => {
  const names = ["service", SERVICE, "username", "alice", "port", "1"];
  await storeByHand("theirs", names);
  const get = () => keyring.getPassword(SERVICE, "alice");
  assertEquals(await get(), "theirs");
  await assertRejects(() => keyring.deletePassword(SERVICE, "alice"), PasswordDeleteError, "apart");
  await keyring.setPassword(SERVICE, "alice", "ours");
  assertEquals(await get(), "ours");
  await assertRejects(
    () => keyring.deletePassword(SERVICE, "alice"),
    PasswordDeleteError,
    "the entry was deleted, but an item of another program",
  );
  assertEquals(await get(), "theirs");
  assertEquals((await secretTool(["lookup", ...names])).stdout, "theirs");
  assertEquals(await countItems("alice"), 1);
  // One that also has our mark would be overwritten.
  await storeByHand("theirs", [...names, "application", "Python keyring library"]);
  for (
    const call of [
      () => keyring.setPassword(SERVICE, "alice", "ours"),
      () => keyring.deletePassword(SERVICE, "alice"),
    ]
  ) await assertRejects(call, KeyringError, "apart");
  assertEquals(await get(), "theirs");
});

test("among several entries ours is the newest, and a delete takes all", async () => {
  const names = ["service", SERVICE, "username", "alice"];
  await storeByHand("old", names);
  await python("keyring.set_password(s, u, p)", "alice", "older");
  assertEquals(await countItems("alice"), 2);
  await keyring.setPassword(SERVICE, "alice", "ours");
  assertEquals(await keyring.getPassword(SERVICE, "alice"), "ours");
  assertEquals((await secretTool(["lookup", ...names])).stdout, "ours");
  await keyring.deletePassword(SERVICE, "alice");
  assertEquals(await countItems("alice"), 0);
});

test("a locked keyring is an error, not an empty one", async () => {
  await keyring.setPassword(SERVICE, "alice", "pw");
  await whileLocked(async () => {
    const calls = [
      () => keyring.getPassword(SERVICE, "alice"),
      () => keyring.getCredential(SERVICE),
      () => keyring.setPassword(SERVICE, "alice", "new"),
      () => keyring.setPassword(SERVICE, "bob", "new"),
      () => keyring.deletePassword(SERVICE, "alice"),
    ];
    for (const call of calls) await assertRejects(call, KeyringLockedError);
    assertEquals(await keyring.getPassword(SERVICE, "bob"), null);
    assertEquals(await keyring.list(), [{ service: SERVICE, username: "alice" }]);
    const note = "over D-Bus; the default keyring is locked; " +
      "the file of GNOME Keyring's default keyring is encrypted";
    assertEquals(await probe(), { viable: true, note });
    await sessionBus()[Symbol.asyncDispose]();
  });
  assertEquals(await keyring.getPassword(SERVICE, "alice"), "pw");
  assertEquals(await keyring.getPassword(SERVICE, "bob"), null);
});

test("calls at once do not disturb each other", async () => {
  const users = Array.from({ length: 8 }, (_, index) => `user ${index}`);
  await Promise.all(users.map((user) => keyring.setPassword(SERVICE, user, `of ${user}`)));
  const read = await Promise.all(users.map((user) => keyring.getPassword(SERVICE, user)));
  assertEquals(read, users.map((user) => `of ${user}`));
  await Promise.all(users.map(() => keyring.setPassword(SERVICE, "one", "same")));
  assertEquals(await countItems("one"), 1);
});

test("the permission to run secret-tool is enough", async () => {
  const module = new URL("../../../src/backends/secret_service/backend.ts", import.meta.url).href;
  const code = `import { SecretServiceKeyring } from ${JSON.stringify(module)};
    const keyring = new SecretServiceKeyring();
    await keyring.setPassword(${JSON.stringify(SERVICE)}, "least", "pw");
    console.log(await keyring.getPassword(${JSON.stringify(SERVICE)}, "least"));`;
  const args = ["run", "--no-prompt", "--allow-run=/usr/bin/secret-tool", "-"];
  assertEquals((await runProgram(Deno.execPath(), args, code)).stdout, "pw\n");
});

for (
  const [name, address] of [
    ["no bus", "disabled:"],
    ["a dead bus address", "unix:path=/nonexistent/bus"],
    ["no bus address at all", ""],
  ] as const
) {
  test(`${name} is a NoKeyringError`, async () => {
    const before = { ...Deno.env.toObject() };
    try {
      Deno.env.set("DBUS_SESSION_BUS_ADDRESS", address);
      Deno.env.delete("XDG_RUNTIME_DIR");
      const calls = [
        () => keyring.getPassword(SERVICE, "alice"),
        () => keyring.setPassword(SERVICE, "alice", "pw"),
        () => keyring.deletePassword(SERVICE, "alice"),
        () => keyring.list(),
      ];
      for (const call of calls) {
        const error = await assertRejects(call, NoKeyringError);
        assertStringIncludes(error.message, "dbus-run-session");
      }
      const { viable, reason } = await probe();
      assertEquals([viable, typeof reason], [false, "string"]);
    } finally {
      for (const variable of ["DBUS_SESSION_BUS_ADDRESS", "XDG_RUNTIME_DIR"]) {
        Deno.env.set(variable, before[variable] ?? "");
      }
    }
  });
}

test("a bus without a daemon is a NoKeyringError", async () => {
  const module = new URL("../../../src/backends/secret_service/backend.ts", import.meta.url).href;
  const code = `import { SecretServiceKeyring } from ${JSON.stringify(module)};
    const error = await new SecretServiceKeyring().getPassword("S", "U").catch((e) => e);
    console.log(error.name);`;
  const home = await Deno.makeTempDir();
  try {
    // A bus of its own kind, which knows no service that it could start.
    const config = `${home}/bus.conf`;
    await Deno.writeTextFile(
      config,
      `<busconfig><type>session</type><listen>unix:tmpdir=${home}</listen><policy context="default">` +
        `<allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/>` +
        `<allow own="*"/></policy></busconfig>`,
    );
    const args = [`--config-file=${config}`, "--", Deno.execPath(), "run", "-A", "-"];
    assertEquals((await runProgram("dbus-run-session", args, code)).stdout, "NoKeyringError\n");
  } finally {
    await Deno.remove(home, { recursive: true });
  }
});

test("a bus that never answers ends in the time limit", async () => {
  const directory = await Deno.makeTempDir();
  const before = Deno.env.get("DBUS_SESSION_BUS_ADDRESS") ?? "";
  const listener = Deno.listen({ transport: "unix", path: `${directory}/bus` });
  try {
    Deno.env.set("DBUS_SESSION_BUS_ADDRESS", `unix:path=${directory}/bus`);
    const start = performance.now();
    const impatient = new SecretServiceKeyring({ secretTool: DEFAULT_PROGRAM, timeoutMs: 300 });
    const error = await impatient.getPassword(SERVICE, "alice").catch((error) => error);
    assertInstanceOf(error, Error);
    assertEquals(error.name, "KeyringTimeoutError");
    assertLess(performance.now() - start, 20_000);
  } finally {
    Deno.env.set("DBUS_SESSION_BUS_ADDRESS", before);
    listener.close();
    await Deno.remove(directory, { recursive: true });
  }
  assert((await probe({ secretTool: DEFAULT_PROGRAM })).viable);
});

test("an environment that sends secret-tool to a file changes nothing", async () => {
  const directory = await Deno.makeTempDir();
  const variables = {
    SECRET_BACKEND: "file",
    SECRET_FILE_TEST_PATH: `${directory}/file.keyring`,
    SECRET_FILE_TEST_PASSWORD: "made-up",
  };
  try {
    for (const [name, value] of Object.entries(variables)) Deno.env.set(name, value);
    await keyring.setPassword(SERVICE, "alice", "in the service");
    assertEquals(await keyring.getPassword(SERVICE, "alice"), "in the service");
  } finally {
    for (const name of Object.keys(variables)) Deno.env.delete(name);
  }
  assertEquals(await keyring.getPassword(SERVICE, "alice"), "in the service");
  assertEquals([...Deno.readDirSync(directory)], []);
  await Deno.remove(directory, { recursive: true });
});
