import type { Call, Command } from "../command.ts";
import { escapeControls } from "../output.ts";
import { readPassword, withAll } from "../read_password.ts";
import { stoppable } from "../signals.ts";
import { UsageError } from "../usage_error.ts";

export const SET: Command = {
  name: "set",
  words: "SERVICE USERNAME",
  summary: "Store a password",
  details:
    "Asks for the password without showing it, or reads it from a pipe: all of it but one\n" +
    "newline at the end. It is never an argument, where every process could see it.\n" +
    "With --binary it stores the bytes of the pipe exactly, such as those of a key file.",
  options: ["binary", "keyring-backend", "keyring-path"],
  examples: [
    "keyring set my_app alice",
    'printf %s "$TOKEN" | keyring set my_app alice',
    "keyring set --binary my_app certificate <client.p12",
  ],
  run: runSet,
};

async function runSet(call: Call): Promise<number> {
  const { options, service, username, parts } = call;
  if (service === undefined || username === undefined) {
    throw new UsageError("set requires service and username");
  }
  if (options.binary && parts.stdin.isTerminal()) {
    throw new UsageError("set --binary reads from a pipe or a file");
  }
  const keyring = await call.open();
  if (options.binary) {
    await withAll(
      parts.stdin,
      (bytes) => stoppable((signal) => keyring.setSecret(service, username, bytes, { signal })),
    );
    return 0;
  }
  const password = parts.stdin.isTerminal()
    ? await parts.prompt(
      `Password for '${escapeControls(username)}' in '${escapeControls(service)}': `,
    )
    : await readPassword(parts.stdin, parts.os);
  await stoppable((signal) => keyring.setPassword(service, username, password, { signal }));
  return 0;
}
