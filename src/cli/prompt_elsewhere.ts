// Asks for a passphrase while standard input is a pipe.

import { Failure } from "../errors.ts";
import { lookUp } from "../lib/environment.ts";
import { messageOf } from "./output.ts";
import { promptPassword } from "./prompt.ts";
import { RawTerminal, TERMINAL } from "./terminal.ts";

const ASKPASS = "KEYRING_ASKPASS";

/** Asks on the terminal of the process, or else through the program that `KEYRING_ASKPASS` names. */
export async function promptElsewhere(question: string, forSeveralLines?: string): Promise<string> {
  let first: RawTerminal | undefined;
  try {
    first = await RawTerminal.ofProcess();
  } catch (error) {
    const program = lookUp(ASKPASS);
    if (program.state !== "set") throw nobodyToAsk(error, program.state);
    return await (await import("./askpass.ts")).askProgram(program.value, question);
  }
  return await promptPassword(question, forSeveralLines, async () => {
    // It is closed before Ctrl-Z stops the process.
    const terminal = first ?? await RawTerminal.ofProcess();
    first = undefined;
    return terminal;
  });
}

function nobodyToAsk(error: unknown, state: "unset" | "denied" | "invalid"): Failure {
  const reason = error instanceof Deno.errors.NotCapable
    ? `${TERMINAL} is opened only with --allow-all`
    : `${TERMINAL} cannot be opened: ${messageOf(error)}`;
  const hint = {
    unset: "",
    denied: " Variables are read only with --allow-env=KEYRING_*.",
    invalid: ` The value of ${ASKPASS} is not valid UTF-8.`,
  }[state];
  return new Failure(
    "locked",
    `a passphrase is needed, standard input is not a terminal, and ${reason}`,
    {
      advice:
        "Set KEYRING_FILE_IDENTITY to an identity file or KEYRING_FILE_PASSPHRASE_FILE to a " +
        "file with the passphrase (or KEYRING_FILE_PASSPHRASE to the passphrase itself), or " +
        `${ASKPASS} to the path of a program that asks for it.${hint}`,
    },
  );
}
