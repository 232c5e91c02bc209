// The code blocks of a document, and the lines of a shell in them.

export interface Block {
  /** What follows the backticks, such as `sh`. */
  language: string;
  text: string;
  /** The line of the document that it begins on. */
  line: number;
}

export type System = "Windows" | "macOS" | "Linux";

export const SYSTEM: System = { windows: "Windows", darwin: "macOS" }[Deno.build.os as string] as
  | System
  | undefined ?? "Linux";

export const REPOSITORY: string = decodeURIComponent(new URL("../../", import.meta.url).pathname)
  .replace(/^\/(?=[A-Z]:)/, "");

export async function readDocument(path: string): Promise<string> {
  return (await Deno.readTextFile(`${REPOSITORY}${path}`)).replaceAll("\r\n", "\n");
}

export function blocksOf(document: string): Block[] {
  const fences = document.matchAll(/^( *)```(.*)\n([\s\S]*?)^\1```$/gm);
  return [...fences].map(({ index, 1: indent = "", 2: language = "", 3: text = "" }) => ({
    language: language.trim(),
    text: text.replaceAll(new RegExp(`^${indent}`, "gm"), ""),
    line: document.slice(0, index).split("\n").length + 1,
  }));
}

/** Joins the lines that a shell reads as one. */
export function joinLines(text: string): string {
  return text.replaceAll(/ \\\n +/g, " ").replaceAll("\\\n", "");
}

/**
 * The command lines of a block that are for a system: below a heading such as `# Linux`, or below none.
 * One that goes on in the next line is joined.
 */
export function commandLines({ text }: Block, system: System = SYSTEM): string[] {
  let isFor = true;
  const lines: string[] = [];
  for (const line of joinLines(text).split("\n")) {
    const heading = /^# (Windows|macOS|Linux)\b/.exec(line);
    if (heading) isFor = heading[1] === system;
    else if (isFor && line.trim() !== "" && !line.startsWith("#")) lines.push(line);
  }
  return lines;
}

/** The permissions that a line of a shell gives more than once: Deno before 2.9.6 refuses most. */
export function repeatedFlags(line: string): string[] {
  const given: string[] = line.match(/--(?:allow|deny)-\w+/g) ?? [];
  return given.filter((flag, index) => given.indexOf(flag) !== index);
}

/** The words of a line of PowerShell that has nothing but words, quotes and variables. */
export function powershellWords(line: string): string[] {
  const words = line.replace(/(^|\s)#.*/, "").match(/(?:"[^"]*"|'[^']*'|[^\s"'])+/g) ?? [];
  return words.map((word) =>
    word.replaceAll(
      /"([^"]*)"|'([^']*)'|([^"']+)/g,
      (_all, double, single, bare) =>
        single ??
          `${double ?? bare}`.replaceAll(/\$env:(\w+)/g, (_, name) => Deno.env.get(name) ?? ""),
    )
  );
}

/** Puts this checkout in the place of the package, in a command line or a script. */
export function fromCheckout(text: string, exports: Readonly<Record<string, string>>): string {
  return text.replaceAll(/jsr:@os-keyring\/keyring@\^0\.1(\/[\w-]+)?/g, (all, path = "") => {
    const file = exports[`.${path}`];
    if (file === undefined) throw new Error(`${all} is not exported`);
    if (path === "/cli") return `-c "${REPOSITORY}deno.json" "${REPOSITORY}cli.ts"`;
    return new URL(`../../${file}`, import.meta.url).href;
  });
}
