/**
 * Runs the tests of crashes that find more the longer they run, for ten minutes in all:
 *
 * ```sh
 * deno task soak
 * ```
 *
 * They print how much they did, and the seed that repeats it.
 *
 * @module
 */

import { REPOSITORY } from "./rig/cache.ts";
import { needPrograms } from "./rig/debian.ts";
import { InterruptedError, run } from "./rig/process.ts";

const TESTS = [
  "tests/large_secrets/interleavings_test.ts",
  "tests/backends/macos/killed_test.ts",
  "tests/backends/secret_service/crash_test.ts",
  "tests/backends/secret_service/large_test.ts",
];

async function main(): Promise<number> {
  const command = [Deno.execPath(), "test", "-A", ...TESTS];
  if (Deno.build.os === "linux") {
    await needPrograms(["dbus-run-session", "gnome-keyring-daemon", "secret-tool"]);
    command.unshift(`${REPOSITORY}/dev/secret_service_session.sh`);
  }
  const [program = "", ...args] = command;
  const env = { KEYRING_TEST_SOAK: "1" };
  return await run(program, args, { cwd: REPOSITORY, env, group: true });
}

if (import.meta.main) {
  try {
    Deno.exit(await main());
  } catch (error) {
    if (error instanceof InterruptedError) Deno.exit(130);
    throw error;
  }
}
