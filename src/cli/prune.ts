/**
 * `keyring prune`
 *
 * @module
 */

import type { Call, Command } from "./command.ts";
import { print } from "./output.ts";
import { stoppable } from "./signals.ts";
import { refuseWord } from "./words.ts";

/** Removes what interrupted writes left behind. */
export const PRUNE: Command = {
  name: "prune",
  words: "",
  summary: "Remove what interrupted writes of large secrets left behind",
  details: "A large secret is stored in parts. Removes the parts of writes that did not come to\n" +
    "their end at least ten minutes ago, and tells how many there were. Secrets stay.",
  options: ["keyring-backend", "keyring-path"],
  examples: ["keyring prune"],
  run: runPrune,
};

async function runPrune(call: Call): Promise<number> {
  refuseWord(call.service);
  const keyring = await call.open();
  const removed = await stoppable(async (signal) => await keyring.prune?.({ signal }) ?? 0);
  await print(call.parts, `removed ${removed} leftover ${removed === 1 ? "part" : "parts"}\n`);
  return 0;
}
