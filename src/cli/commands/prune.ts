import type { Call, Command } from "../command.ts";
import { print } from "../output.ts";
import { untilDone } from "../progress.ts";

export const PRUNE: Command = {
  name: "prune",
  words: "",
  summary: "Remove what interrupted writes left behind",
  details: "A large secret is stored in parts, and on Linux one that replaces another is first\n" +
    "stored beside it. Removes what writes that were interrupted at least ten minutes ago\n" +
    "left behind, and prints the number of entries removed. Secrets are kept.",
  options: ["keyring-backend", "keyring-path", "ignore-config"],
  examples: ["keyring prune"],
  run: runPrune,
};

async function runPrune(call: Call): Promise<number> {
  const keyring = await call.open();
  const removed = await untilDone(
    call.context,
    "looking for leftovers…",
    async (signal) => await keyring.prune?.({ signal }) ?? 0,
  );
  await print(call.context, `removed ${removed} ${removed === 1 ? "leftover" : "leftovers"}\n`);
  return 0;
}
