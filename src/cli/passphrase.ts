import type { AskPassphrase } from "../backends/file/key.ts";
import type { Context } from "./command.ts";
import { escapeControls } from "./output.ts";
import { CommandError } from "./usage_error.ts";

const FOR_SEVERAL_LINES = "use a file: KEYRING_FILE_PASSPHRASE_FILE";

let question: Promise<unknown> = Promise.resolve();

/** Resolves once no question is open, which a line on the terminal would hide. */
export function answered(): Promise<unknown> {
  return question;
}

/** Asks a person without showing the answer: a new passphrase twice, any other once per command. */
export function passphraseAsker({ stdin, prompt, promptElsewhere }: Context): AskPassphrase {
  const askThere = stdin.isTerminal() ? prompt : promptElsewhere;
  const ask = (text: string) => {
    const answer = askThere(text, FOR_SEVERAL_LINES);
    question = answer.catch(() => {});
    return answer;
  };
  let known: Promise<string> | undefined;
  return async ({ path, isNew }) => {
    const file = escapeControls(path);
    if (!isNew) return await (known ??= ask(`Passphrase for '${file}': `));
    const passphrase = await ask(`New passphrase for '${file}': `);
    if (passphrase !== "" && await ask("Repeat the passphrase: ") !== passphrase) {
      throw new CommandError("The two passphrases differ; nothing was changed");
    }
    return passphrase;
  };
}
