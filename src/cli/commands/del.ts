import type { Call, Command } from "../command.ts";
import { untilDone } from "../progress.ts";
import { UsageError } from "../usage_error.ts";

export const DEL: Command = {
  name: "del",
  words: "SERVICE USERNAME",
  summary: "Delete a password",
  details: "Deletes the entry. Fails if there is none.",
  options: ["layout", "keyring-backend", "keyring-path", "ignore-config"],
  examples: ["keyring del my_app alice"],
  run: runDel,
};

async function runDel(call: Call): Promise<number> {
  const { service, username } = call;
  if (service === undefined || username === undefined) {
    throw new UsageError("del requires service and username");
  }
  const keyring = await call.open();
  await untilDone(
    call.context,
    "deleting the password…",
    (signal) => keyring.deletePassword(service, username, { signal }),
  );
  return 0;
}
