import type { Call, Command } from "../command.ts";
import { print } from "../output.ts";
import { stoppable } from "../signals.ts";
import { refuseWord } from "../words.ts";

export const PRUNE: Command = {
  name: "prune",
  words: "",
  summary: "Remove what interrupted writes left behind",
  details: "A large secret is stored in parts, and on Linux one that replaces another is first\n" +
    "stored beside it. Removes what is left of writes that did not come to their end at least\n" +
    "ten minutes ago, and tells how many entries that were. Secrets stay.",
  options: ["keyring-backend", "keyring-path"],
  examples: ["keyring prune"],
  run: runPrune,
};

async function runPrune(call: Call): Promise<number> {
  refuseWord(call.service);
  const keyring = await call.open();
  const removed = await stoppable(async (signal) => await keyring.prune?.({ signal }) ?? 0);
  await print(call.parts, `removed ${removed} ${removed === 1 ? "leftover" : "leftovers"}\n`);
  return 0;
}
