// What secret-tool could do and a real one hardly ever does, done by a shell script in its place.

import { assertEquals, assertInstanceOf } from "@std/assert";
import { SecretServiceKeyring } from "../../src/backends/secret_service/backend.ts";
import { KeyringError } from "../../src/errors.ts";

export const SECRET = "made-up-secret";

/** A script that keeps one item: what was stored last. */
export const KEEPER = `case $1 in
  search) [ ! -e "$log.kept" ] || printf 'attribute.service = S\\nattribute.username = U\\n' >&2;;
  store) cat >"$log.kept";;
  lookup) [ -e "$log.kept" ] && exec cat "$log.kept"; exit 1;;
  clear) rm "$log.kept" 2>/dev/null;;
esac`;

/** Runs a test with a keyring whose secret-tool is a shell script; `$log` names its log file. */
export async function withFake(
  script: string,
  test: (keyring: SecretServiceKeyring, program: string, log: () => string) => Promise<void>,
  timeoutMs = 10_000,
): Promise<void> {
  const directory = await Deno.makeTempDir();
  try {
    const program = `${directory}/secret-tool`;
    const log = `${directory}/log`;
    const whole = `#!/bin/sh\nlog=${log}\nprintf '%s ' "$@" >>"$log"\n${script}\n`;
    await Deno.writeTextFile(program, whole, { mode: 0o755 });
    const readLog = () => Deno.readTextFileSync(log);
    await test(new SecretServiceKeyring({ secretTool: program, timeoutMs }), program, readLog);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

/** Catches what a call rejects with, and makes sure that no secret is in it. */
export async function failure(call: Promise<unknown>): Promise<KeyringError> {
  const error = await call.then(() => new Error("it did not reject"), (error) => error);
  assertInstanceOf(error, KeyringError);
  assertEquals(Deno.inspect(error).includes(SECRET), false);
  return error;
}
