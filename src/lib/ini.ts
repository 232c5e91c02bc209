// INI files as Python's `configparser.RawConfigParser` reads them: keys in lower case, comments on
// lines of their own, values that continue on indented lines, a section DEFAULT for all others.

export interface Ini {
  sections: Map<string, Map<string, string>>;
  problems: IniProblem[];
}

export interface IniProblem {
  /** The line's number, from 1. */
  line: number;
  /** The section that it is in; missing before the first one. */
  section?: string | undefined;
  /** What is wrong, as the end of a sentence about the line. */
  reason: string;
}

export const DEFAULT_SECTION = "DEFAULT";

// What Python considers white space, which differs slightly from JavaScript.
// deno-lint-ignore no-control-regex -- Python takes them for white space
const BLANK = /[\t-\r\x1c- \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]/;

type Values = Map<string, string[]>;

export function parseIni(text: string): Ini {
  const reader = new IniReader();
  const problems: IniProblem[] = [];
  for (const [index, line] of text.split(/\r\n|\r|\n/).entries()) {
    const reason = reader.read(line);
    if (reason) problems.push({ line: index + 1, section: reader.section, reason });
  }
  return { sections: reader.sections(), problems };
}

class IniReader {
  section: string | undefined;
  readonly #sections = new Map<string, Values>([[DEFAULT_SECTION, new Map()]]);
  #value: string[] | undefined;
  #indent = 0;

  /** Reads one line; returns what is wrong with it. */
  read(line: string): string | undefined {
    const [start, end] = ends(line);
    const text = line.slice(start, end);
    if (/^[#;]/.test(text)) return undefined;
    if (text === "" || (this.#value && start > this.#indent)) {
      this.#value?.push(text);
      return undefined;
    }
    this.#indent = start;
    const header = /^\[(.+)\]/.exec(text)?.[1];
    return header === undefined ? this.#add(text) : this.#open(header);
  }

  sections(): Ini["sections"] {
    const defaults = this.#sections.get(DEFAULT_SECTION) ?? [];
    const named = [...this.#sections].filter(([name]) => name !== DEFAULT_SECTION);
    return new Map(named.map(([name, values]) => [name, joinLines([...defaults, ...values])]));
  }

  #open(name: string): string | undefined {
    const isRepeated = this.#sections.has(name) && name !== DEFAULT_SECTION;
    if (!this.#sections.has(name)) this.#sections.set(name, new Map());
    this.section = name;
    this.#value = undefined;
    return isRepeated ? "repeats a [section]" : undefined;
  }

  #add(text: string): string | undefined {
    const values = this.section === undefined ? undefined : this.#sections.get(this.section);
    if (!values) return "appears before any [section]";
    // One expression for all of it would take hours on a line with many blanks.
    const separator = text.search(/[=:]/);
    if (separator < 0) return 'is not "key = value"';
    const key = strip(text.slice(0, separator)).toLowerCase();
    if (key === "") return "has no key";
    if (values.has(key)) return "repeats a key of its section";
    this.#value = [strip(text.slice(separator + 1))];
    values.set(key, this.#value);
    return undefined;
  }
}

function joinLines(values: [string, string[]][]): Map<string, string> {
  return new Map(values.map(([key, lines]) => [key, strip(lines.join("\n"))]));
}

function strip(text: string): string {
  return text.slice(...ends(text));
}

function ends(text: string): [start: number, end: number] {
  let [start, end] = [0, text.length];
  while (start < end && BLANK.test(text.charAt(start))) start++;
  while (end > start && BLANK.test(text.charAt(end - 1))) end--;
  return [start, end];
}
