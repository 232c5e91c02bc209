import type { AskPassphrase } from "../backends/file/key.ts";
import type { Parts } from "./command.ts";
import { escapeControls } from "./output.ts";
import { CommandError } from "./usage_error.ts";

/**
 * Makes what asks for the passphrase of an encrypted file, without showing it: once for all that
 * the command does, for a new one twice.
 */
export function passphraseAsker({ stdin, prompt }: Parts): AskPassphrase | undefined {
  if (!stdin.isTerminal()) return undefined;
  let known: Promise<string> | undefined;
  return async ({ path, isNew }) => {
    const name = `encrypted file '${escapeControls(path)}': `;
    if (!isNew) return await (known ??= prompt(`Passphrase of the ${name}`));
    const passphrase = await prompt(`New passphrase of the ${name}`);
    if (passphrase !== "" && await prompt("The same again: ") !== passphrase) {
      throw new CommandError("The two passphrases differ; nothing was changed");
    }
    return passphrase;
  };
}
