import type { Command } from "./command.ts";
import { errorName, type Option, optionsOf } from "./options.ts";
import { escapeControls } from "./output.ts";
import { UsageError } from "./usage_error.ts";

const MAX_WORDS = 3;

export interface Extra {
  text: string;
  isSecret: boolean;
}

export class Scanner {
  /** The options in their long form, each value attached by `=`. */
  readonly options: string[] = [];
  readonly words: string[] = [];
  /** What stands after `--`, of a command that takes it as it is. */
  rest: string[] = [];
  readonly extras: Extra[] = [];
  /** Whether an option such as `--help` made the rest not matter. */
  ended = false;
  #unread: string[];

  constructor(
    args: readonly string[],
    private readonly commands: readonly Pick<Command, "name" | "rest">[],
  ) {
    this.#unread = [...args];
  }

  scan(): this {
    let onlyWords = false;
    while (!this.ended) {
      const arg = this.#unread.shift();
      if (arg === undefined) break;
      if (arg === "--" && this.#takesRest()) this.rest = this.#unread.splice(0);
      else if (onlyWords || isWord(arg, this.#options())) this.#word(arg);
      else if (arg === "--") onlyWords = true;
      else if (arg.startsWith("--")) this.#long(arg);
      else this.#letters(arg.slice(1), arg);
    }
    return this;
  }

  // Only those that the command knows, so that others do not change what Python's commands take.
  #options(): readonly Option[] {
    return optionsOf(this.words[0]);
  }

  #takesRest(): boolean {
    return this.commands.some(({ name, rest }) => rest && name === this.words[0]);
  }

  #word(word: string): void {
    const operations = this.commands.map(({ name }) => name);
    if (this.words.length === 0 && !operations.includes(word)) {
      throw new UsageError(`argument operation: ${invalidChoice(word, operations)}`);
    }
    if (this.words.length < MAX_WORDS) this.words.push(word);
    else this.#extra(word);
  }

  // What is too much after `set SERVICE USERNAME`, `windows write TARGET` or `file passwd` is a
  // password, and stderr is often a log.
  #extra(text: string): void {
    const [command, subcommand] = this.words;
    const stores = command === "set" || command === "file" ||
      (command === "windows" && subcommand === "write");
    const isSecret = stores && this.words.length === MAX_WORDS;
    this.extras.push({ text, isSecret });
  }

  #long(arg: string): void {
    const equals = arg.indexOf("=");
    const name = arg.slice(2, equals < 0 ? undefined : equals);
    const found = findLong(name, arg, this.#options());
    if (!found) this.#extra(arg);
    else this.#option(found, equals < 0 ? undefined : arg.slice(equals + 1));
  }

  #letters(letters: string, arg: string): void {
    const option = this.#options().find(({ short }) =>
      short !== undefined && letters.startsWith(short)
    );
    if (!option) {
      this.#extra(arg);
      return;
    }
    const attached = letters.slice(1);
    if (attached === "") this.#option(option, undefined);
    else if (option.value) this.#option(option, attached.replace(/^=/, ""));
    else {
      this.#option(option, undefined);
      if (!this.ended) this.#letters(attached, arg);
    }
  }

  #option(option: Option, attached: string | undefined): void {
    if (option.value === undefined) {
      if (attached !== undefined) {
        throw argumentError(option, `ignored explicit argument ${show(attached)}`);
      }
      this.options.push(`--${option.name}`);
      this.ended = option.ends ?? false;
      return;
    }
    const value = attached ?? this.#nextValue(option);
    if (option.choices && !option.choices.includes(value)) {
      throw argumentError(option, invalidChoice(value, option.choices));
    }
    this.options.push(`--${option.name}=${value}`);
    this.ended = option.ends ?? false;
  }

  #nextValue(option: Option): string {
    const next = this.#unread[0];
    if (next === undefined || !isWord(next, this.#options())) {
      throw argumentError(option, "expected one argument");
    }
    this.#unread.shift();
    return next;
  }
}

// Python's rule: a dash alone, a negative number and anything with a space is a word, unless it
// begins with an option.
function isWord(arg: string, options: readonly Option[]): boolean {
  if (!arg.startsWith("-") || arg === "-" || /^-\d+$|^-\d*\.\d+$/.test(arg)) return true;
  if (!arg.includes(" ")) return false;
  if (!arg.startsWith("--")) return !options.some(({ short }) => short === arg[1]);
  const name = arg.slice(2).split("=")[0] ?? "";
  return !options.some((option) => option.name.startsWith(name));
}

function findLong(
  name: string,
  arg: string,
  options: readonly Option[],
): Option | undefined {
  const exact = options.find((option) => option.name === name);
  if (exact) return exact;
  const [first, ...others] = options.filter((option) => option.name.startsWith(name));
  if (first && others.length > 0) {
    const matches = [first, ...others].map((option) => `--${option.name}`).join(", ");
    throw new UsageError(`ambiguous option: ${escapeControls(arg)} could match ${matches}`);
  }
  return first;
}

function argumentError(option: Option, reason: string): UsageError {
  return new UsageError(`argument ${errorName(option)}: ${reason}`);
}

/** Says that a value is none of those that there are, in Python's words. */
export function invalidChoice(value: string, choices: readonly string[]): string {
  return `invalid choice: ${show(value)} (choose from ${choices.map(show).join(", ")})`;
}

function show(value: string): string {
  return `'${escapeControls(value)}'`;
}
