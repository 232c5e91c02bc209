/**
 * `keyring set`
 *
 * @module
 */

import type { Call, Command } from "./command.ts";
import { escapeControls } from "./output.ts";
import { readPassword } from "./read_password.ts";
import { stoppable } from "./signals.ts";
import { UsageError } from "./usage_error.ts";

/** Stores a password. */
export const SET: Command = {
  name: "set",
  words: "SERVICE USERNAME",
  summary: "Store a password",
  details:
    "Asks for the password without showing it, or reads it from a pipe: all of it but one\n" +
    "newline at the end. It is never an argument, where every process could see it.",
  options: ["keyring-backend", "keyring-path"],
  examples: ["keyring set my_app alice", 'printf %s "$TOKEN" | keyring set my_app alice'],
  run: runSet,
};

async function runSet(call: Call): Promise<number> {
  const { service, username, parts } = call;
  if (service === undefined || username === undefined) {
    throw new UsageError("set requires service and username");
  }
  const keyring = await call.open();
  const password = parts.stdin.isTerminal()
    ? await parts.prompt(
      `Password for '${escapeControls(username)}' in '${escapeControls(service)}': `,
    )
    : await readPassword(parts.stdin, parts.os);
  await stoppable((signal) => keyring.setPassword(service, username, password, { signal }));
  return 0;
}
