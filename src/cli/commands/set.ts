import { quote } from "../../errors.ts";
import type { Call, Command } from "../command.ts";
import { readNewSecret, reportStored } from "../new_secret.ts";
import { escapeControls } from "../output.ts";
import { untilDone } from "../progress.ts";
import { UsageError } from "../usage_error.ts";

export const SET: Command = {
  name: "set",
  words: "SERVICE USERNAME",
  summary: "Store a password",
  details:
    "Asks for the password without showing it, or reads it from a pipe, stripping exactly one\n" +
    "trailing newline. It is never an argument, where every process could see it.\n" +
    "With --binary it stores the piped bytes exactly, such as those of a key file.\n" +
    "An empty pipe is refused: --empty stores the empty password.",
  options: ["binary", "empty", "layout", "keyring-backend", "keyring-path", "ignore-config"],
  secretHint: "the password is typed at the prompt or piped in",
  examples: [
    "keyring set my_app alice",
    'printf %s "$TOKEN" | keyring set my_app alice',
    "keyring set --binary my_app certificate <client.p12",
  ],
  powershell: [
    "keyring set my_app alice",
    "$env:TOKEN | keyring set my_app alice",
    'cmd /c "keyring set --binary my_app certificate <client.p12"',
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
  const secret = await readNewSecret({
    context,
    options,
    question: `Password for '${escapeControls(username)}' in '${escapeControls(service)}': `,
    asBytes: options.binary === true,
    bytesOption: "--binary",
  });
  await untilDone(context, "storing the password…", async (signal) => {
    if (typeof secret === "string") {
      await keyring.setPassword(service, username, secret, { signal });
    } else {
      await keyring.setSecret(service, username, secret, { signal }).finally(() => secret.fill(0));
    }
  });
  const entry = `${quote(username)} for ${quote(service)}`;
  await reportStored(context, `the password of ${entry}`, keyring);
  return 0;
}
