import type { AskPassphrase } from "../backends/file/key.ts";
import type { Context } from "./command.ts";
import { escapeControls } from "./output.ts";
import { CommandError } from "./usage_error.ts";

/** Asks at the terminal without showing it: a new passphrase twice, any other once per command. */
export function passphraseAsker({ stdin, prompt }: Context): AskPassphrase | undefined {
  if (!stdin.isTerminal()) return undefined;
  let known: Promise<string> | undefined;
  return async ({ path, isNew }) => {
    const file = escapeControls(path);
    if (!isNew) return await (known ??= prompt(`Passphrase for '${file}': `));
    const passphrase = await prompt(`New passphrase for '${file}': `);
    if (passphrase !== "" && await prompt("Repeat the passphrase: ") !== passphrase) {
      throw new CommandError("The two passphrases differ; nothing was changed");
    }
    return passphrase;
  };
}
