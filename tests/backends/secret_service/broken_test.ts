// @environment secret-service
//
// The command on a bus that never answers and on a locked keyring, in a private session only:
// dev/secret_service_session.sh deno test -A tests/backends/secret_service/broken_test.ts

import { assert, assertEquals, assertLess, assertMatch } from "@std/assert";
import { CHOICE_FLAGS } from "../../fixtures/command.ts";
import { isPrivateSession } from "../../fixtures/private_session.ts";

const ignore = !isPrivateSession();
const CLI = new URL("../../../cli.ts", import.meta.url).href;
const SESSION = decodeURIComponent(
  new URL("../../../dev/secret_service_session.sh", import.meta.url).pathname,
);
const FLAGS = [
  "--quiet",
  "--no-check",
  "--no-prompt",
  "--allow-run=/usr/bin/secret-tool",
  ...CHOICE_FLAGS,
];

/** Runs a test with a bus that accepts connections and says nothing. */
async function withMuteBus(
  test: (env: Record<string, string>, listener: Deno.UnixListener) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  using listener = Deno.listen({ transport: "unix", path: `${folder}/bus` });
  try {
    await test({ DBUS_SESSION_BUS_ADDRESS: `unix:path=${folder}/bus` }, listener);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function start(args: string[], env: Record<string, string>): Deno.ChildProcess {
  return new Deno.Command(Deno.execPath(), {
    args: ["run", ...FLAGS, CLI, ...args],
    env: { NO_COLOR: "1", ...env },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

/** Waits until whoever connected is gone. */
async function untilClosed(connection: Deno.Conn): Promise<void> {
  const buffer = new Uint8Array(1024);
  while (await connection.read(buffer).catch(() => null) !== null);
}

Deno.test({ name: "diagnose ends on a bus that never answers", ignore }, async () => {
  await withMuteBus(async (env) => {
    const started = performance.now();
    const { code, stdout } = await start(["diagnose"], env).output();
    assertLess(performance.now() - started, 30_000);
    assertEquals(code, 0);
    assertMatch(new TextDecoder().decode(stdout), /secret-service .*not viable: no answer/);
  });
});

const WAITING = [
  ["SIGTERM", "get", "keyring_test_broken", "alice"],
  ["SIGINT", "get", "keyring_test_broken", "alice"],
  ["SIGTERM", "diagnose"],
] as const;

for (const [signal, ...args] of WAITING) {
  const name = `${signal} during ${args[0]} takes a secret-tool along that waits`;
  Deno.test({ name, ignore }, async () => {
    await withMuteBus(async (env, listener) => {
      const child = start([...args], env);
      const output = child.output();
      using connection = await listener.accept();
      child.kill(signal);
      const started = performance.now();
      assertEquals((await output).signal, signal);
      await untilClosed(connection);
      assertLess(performance.now() - started, 15_000);
    });
  });
}

// In a session of its own, which nobody has to unlock again.
const LOCKED = `
run() { deno=$1 cli=$2; shift 2; "$deno" run ${FLAGS.join(" ")} "$cli" --ignore-config "$@"; }
printf made-up | run "$0" "$1" set s u || exit 9
dbus-send --session --print-reply --dest=org.freedesktop.secrets /org/freedesktop/secrets \
  org.freedesktop.Secret.Service.Lock \
  array:objpath:/org/freedesktop/secrets/collection/login >/dev/null
run "$0" "$1" get s u; echo $?
printf other | run "$0" "$1" set s u; echo $?
run "$0" "$1" del s u; echo $?
run "$0" "$1" get --mode creds s; echo $?
`;

Deno.test({ name: "the command says that the keyring is locked, and ends", ignore }, async () => {
  const { code, stdout, stderr } = await new Deno.Command(SESSION, {
    args: ["sh", "-c", LOCKED, Deno.execPath(), CLI],
    env: { NO_COLOR: "1" },
    stdin: "null",
  }).output();
  assertEquals([code, new TextDecoder().decode(stdout)], [0, "1\n1\n1\n1\n"]);
  // The bus and its helpers write there, too.
  const lines = new TextDecoder().decode(stderr).split("\n").filter((l) =>
    l.startsWith("keyring:")
  );
  assertEquals(lines.length, 4);
  for (const line of lines) assert(line.includes("the keyring is locked. Unlock it"), line);
});
