import type { Command, Located } from "./command.ts";
import { escapeControls } from "./output.ts";
import { didYouMean } from "./suggest.ts";
import { UsageError } from "./usage_error.ts";

/** Finds the command that these words begin with; `undefined` where there are none. */
export function locate(
  words: readonly string[],
  commands: readonly Command[],
  names: readonly string[],
): Located | undefined {
  const [name, below] = words;
  if (name === undefined) return undefined;
  const command = find(name, commands, names, "operation");
  const located = { command, path: name, depth: 1 };
  if (!command.commands || below === undefined) return located;
  const found = findSubcommand(below, located, command.commands);
  return { command: found, path: `${name} ${below}`, depth: 2 };
}

function findSubcommand(word: string, above: Located, commands: readonly Command[]): Command {
  try {
    return find(word, commands, commands.map(({ name }) => name), "command");
  } catch (error) {
    throw error instanceof UsageError ? error.of(above) : error;
  }
}

function find(
  word: string,
  commands: readonly Command[],
  names: readonly string[],
  argument: string,
): Command {
  const found = commands.find(({ name }) => name === word);
  if (found) return found;
  const choices = names.map((each) => `'${each}'`).join(", ");
  const meant = meantBy(word.toLowerCase(), names, argument);
  throw new UsageError(
    `argument ${argument}: invalid choice: '${
      escapeControls(word)
    }'${meant} (choose from ${choices})`,
  );
}

// The names that other programs use.
const OTHER_WORDS: Readonly<Record<string, string>> = {
  add: "set",
  exec: "run",
  ls: "list",
  put: "set",
  read: "get",
  remove: "del",
  rm: "del",
  save: "set",
  show: "get",
  store: "set",
};

function meantBy(word: string, names: readonly string[], argument: string): string {
  if (argument !== "operation") return didYouMean(word, names);
  if (word === "version") return didYouMean(word, ["--version"]);
  const other = Object.hasOwn(OTHER_WORDS, word) ? OTHER_WORDS[word] : undefined;
  return didYouMean(other ?? word, other ? [other] : [...names, "help"]);
}

/** The maximum number of words that it takes. */
export function mostWords({ words, rest }: Command): number {
  return rest ? Infinity : words.split(" ").filter((word) => word !== "").length;
}
