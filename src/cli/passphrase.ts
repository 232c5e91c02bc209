import type { AskPassphrase } from "../backends/file/key.ts";
import type { Context } from "./command.ts";
import { escapeControls } from "./output.ts";
import { withoutStatus } from "./progress.ts";
import { CommandError } from "./usage_error.ts";

const FOR_SEVERAL_LINES = "use a file: KEYRING_FILE_PASSPHRASE_FILE";

/** Asks a person without showing the answer: a new passphrase twice, any other once per command. */
export function passphraseAsker({ stdin, prompt, promptElsewhere }: Context): AskPassphrase {
  const ask = (question: string) =>
    withoutStatus(() =>
      stdin.isTerminal()
        ? prompt(question, FOR_SEVERAL_LINES)
        : promptElsewhere(question, FOR_SEVERAL_LINES)
    );
  const askFor = async (question: string) => {
    const passphrase = await ask(question);
    if (!/^[\r\n]*$/.test(passphrase)) return passphrase;
    throw new CommandError("No passphrase was entered; nothing was changed");
  };
  let known: Promise<string> | undefined;
  return async ({ path, isNew }) => {
    const file = escapeControls(path);
    if (!isNew) return await (known ??= askFor(`Passphrase for '${file}': `));
    const passphrase = await askFor(`New passphrase for '${file}': `);
    if (await ask("Repeat the passphrase: ") === passphrase) return passphrase;
    throw new CommandError("The two passphrases differ; nothing was changed");
  };
}
