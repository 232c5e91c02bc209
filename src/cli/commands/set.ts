import type { Call, Command } from "../command.ts";
import { escapeControls } from "../output.ts";
import { readPassword, withAll } from "../read_password.ts";
import { untilSignal } from "../signals.ts";
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
  secretHint: "the password is typed at the prompt or piped in",
  examples: [
    "keyring set my_app alice",
    'printf %s "$TOKEN" | keyring set my_app alice',
    "keyring set --binary my_app certificate <client.p12",
  ],
  run: runSet,
};

async function runSet(call: Call): Promise<number> {
  const { options, service, username, context } = call;
  if (service === undefined || username === undefined) {
    throw new UsageError("set requires service and username");
  }
  if (options.binary && context.stdin.isTerminal()) {
    throw new UsageError("set --binary reads from a pipe or a file");
  }
  const keyring = await call.open();
  if (options.binary) {
    await withAll(
      context.stdin,
      (bytes) => untilSignal((signal) => keyring.setSecret(service, username, bytes, { signal })),
    );
    return 0;
  }
  const password = context.stdin.isTerminal()
    ? await context.prompt(
      `Password for '${escapeControls(username)}' in '${escapeControls(service)}': `,
    )
    : await readPassword(context.stdin, context.os);
  await untilSignal((signal) => keyring.setPassword(service, username, password, { signal }));
  return 0;
}
