/**
 * The passphrase of a vault, from a person at a terminal.
 *
 * @module
 */

import type { AskPassphrase } from "../vault/key.ts";
import type { Parts } from "./command.ts";
import { escapeControls } from "./output.ts";
import { CommandError } from "./usage_error.ts";

/**
 * Makes what asks for the passphrase of a vault, without showing it; for a new one twice.
 *
 * @param parts What the command stands on.
 * @returns The function that asks, or `undefined` where nobody can be asked.
 */
export function passphraseAsker({ stdin, prompt }: Parts): AskPassphrase | undefined {
  if (!stdin.isTerminal()) return undefined;
  return async ({ path, isNew }) => {
    const what = `${isNew ? "New passphrase" : "Passphrase"} of the vault`;
    const passphrase = await prompt(`${what} '${escapeControls(path)}': `);
    if (isNew && passphrase !== "" && await prompt("The same again: ") !== passphrase) {
      throw new CommandError("The two passphrases differ; nothing was changed");
    }
    return passphrase;
  };
}
