// @environment secret-service
// @needs python3:secretstorage (python3-secretstorage)
//
// A keyring without a password, whose file is not encrypted, and a daemon that starts again. In a
// private session only:
// dev/secret_service_session.sh deno test -A tests/backends/secret_service/plain_keyring_test.ts

import { assertEquals } from "@std/assert";
import { sessionBus } from "../../../src/lib/dbus/session.ts";
import { DEFAULT_PROGRAM } from "../../../src/backends/secret_service/secret_tool.ts";
import { SecretServiceKeyring } from "../../../src/backends/secret_service/backend.ts";
import { probe } from "../../../src/backends/secret_service/open.ts";
import { isPrivateSession } from "../../fixtures/private_session.ts";
import { runProgram, secretTool } from "../../fixtures/secret_tool.ts";
import { Variables } from "../../support/variables.ts";

const ignore = !isPrivateSession();
const SERVICE = "keyring_test_plain";
const SESSION = decodeURIComponent(
  new URL("../../../dev/secret_service_session.sh", import.meta.url).pathname,
);

// The daemon's own way around a dialog.
const CREATE = `
import secretstorage
from secretstorage.util import DBusAddressWrapper, format_secret, open_session
bus = secretstorage.dbus_init()
secret = format_secret(open_session(bus), b"", "text/plain")
path = "/org/freedesktop/secrets"
interface = "org.gnome.keyring.InternalUnsupportedGuiltRiddenInterface"
label = {"org.freedesktop.Secret.Collection.Label": ("s", "plain")}
keyring, = DBusAddressWrapper(path, interface, bus).call(
    "CreateWithMasterPassword", "a{sv}(oayays)", label, secret)
service = DBusAddressWrapper(path, "org.freedesktop.Secret.Service", bus)
service.call("SetAlias", "so", "default", keyring)
`;

async function askBus(method: string): Promise<string> {
  const target = ["--session", "--print-reply=literal", "--dest=org.freedesktop.DBus", "/"];
  const name = "string:org.freedesktop.secrets";
  const { stdout } = await runProgram("dbus-send", [
    ...target,
    `org.freedesktop.DBus.${method}`,
    name,
  ]);
  return stdout.trim();
}

/** Waits until a daemon owns the name, or until none does. */
async function untilOwned(owned: boolean): Promise<void> {
  while (await askBus("NameHasOwner") !== `boolean ${owned}`) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function startDaemon(): Promise<void> {
  const daemon = new Deno.Command("gnome-keyring-daemon", {
    args: [
      "--unlock",
      "--components=secrets",
      `--control-directory=${Deno.env.get("XDG_RUNTIME_DIR")}/k`,
    ],
    stdin: "piped",
    stdout: "null",
    stderr: "null",
  }).spawn();
  const writer = daemon.stdin.getWriter();
  await writer.write(new TextEncoder().encode("correct-horse"));
  await writer.close();
  await daemon.status;
  await untilOwned(true);
}

/** Ends the daemon of the session and starts another. */
async function restartDaemon(): Promise<void> {
  await stopDaemon();
  await startDaemon();
}

async function stopDaemon(): Promise<void> {
  const pid = Number((await askBus("GetConnectionUnixProcessID")).replace("uint32 ", ""));
  Deno.kill(pid);
  await untilOwned(false);
}

async function firstLines(stream: ReadableStream<Uint8Array>, count: number): Promise<string[]> {
  let text = "";
  for await (const chunk of stream.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    if (text.split("\n").length > count) break;
  }
  return text.split("\n");
}

/** Runs a test in a session of its own, whose default keyring has no password. */
async function withPlainKeyring(test: () => Promise<void>): Promise<void> {
  const names = ["DBUS_SESSION_BUS_ADDRESS", "XDG_DATA_HOME", "XDG_RUNTIME_DIR"];
  const script = names.map((name) => `echo "$${name}"; `).join("") + "cat";
  await using session = new Deno.Command(SESSION, {
    args: ["sh", "-c", script],
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const lines = await firstLines(session.stdout, names.length);
  using _ = new Variables(Object.fromEntries(names.map((name, index) => [name, lines[index]])));
  try {
    assertEquals((await runProgram("/usr/bin/python3", ["-c", CREATE])).stderr, "");
    await test();
    await stopDaemon();
  } finally {
    await session.stdin.close();
    await session.status;
  }
}

const TEXTS = [
  "a\nb",
  "a\n[c]\nd",
  'p\\w "o\'brien"',
  "\\n",
  " a",
  "\ta",
  "a\r",
  "a ",
  "",
  "é #;=",
];

Deno.test({ name: "text survives in a keyring file that is not encrypted", ignore }, async () => {
  await withPlainKeyring(async () => {
    const keyring = new SecretServiceKeyring({ secretTool: DEFAULT_PROGRAM });
    const note = "over D-Bus; " +
      "the file of GNOME Keyring's default keyring is not encrypted, as it has no password";
    assertEquals(await probe(), { viable: true, note });
    await sessionBus()[Symbol.asyncDispose]();
    for (const text of TEXTS) await keyring.setPassword(SERVICE, `user\n\\ ${text}`, text);
    // Proof that it is such a file.
    await secretTool(["store", "--label=x", "made-up", "attribute"], "\\n");
    await restartDaemon();
    assertEquals((await secretTool(["lookup", "made-up", "attribute"])).stdout, "\n");
    for (const text of TEXTS) {
      assertEquals(await keyring.getPassword(SERVICE, `user\n\\ ${text}`), text);
    }
  });
});

Deno.test({ name: "text destroys no keyring file that may not be read", ignore }, async () => {
  await withPlainKeyring(async () => {
    const keyring = new SecretServiceKeyring({ secretTool: DEFAULT_PROGRAM });
    await keyring.setPassword(SERVICE, "before", "x");
    {
      using _ = new Variables({ HOME: undefined, XDG_DATA_HOME: undefined });
      for (const text of TEXTS) await keyring.setPassword(SERVICE, text, text);
    }
    await restartDaemon();
    assertEquals(await keyring.getPassword(SERVICE, "before"), "x");
    for (const text of TEXTS.filter((text) => text.includes("\n"))) {
      assertEquals(await keyring.getPassword(SERVICE, text), text);
    }
  });
});
