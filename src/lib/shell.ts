// Lines that a person pastes into a shell.

/** Quotes an argument for sh, bash and zsh, or on Windows for PowerShell. */
export function shellWord(text: string, os: typeof Deno.build.os = Deno.build.os): string {
  if (os === "windows") {
    if (/^[\w.:\\/=-]+$/.test(text)) return text;
    // Typographic quotes end a string in PowerShell, too.
    return `'${text.replace(/['\u2018-\u201b]/g, "$&$&")}'`;
  }
  if (/^[\w./@:+,=-]+$/.test(text)) return text;
  // deno-lint-ignore no-control-regex -- these are what is looked for
  const controls = /[\x01-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]/g;
  if (text.search(controls) < 0) return `'${text.replaceAll("'", `'\\''`)}'`;
  const escaped = text.replace(/[\\']/g, "\\$&").replace(controls, escapeUnit);
  return `$'${escaped}'`;
}

function escapeUnit(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

/** The argument of `deno` that grants a path. A path with a comma cannot be named, so its parent is. */
export function allowFlag(kind: string, path: string): string {
  const [named = ""] = path.split(",", 1);
  const granted = named === path ? path : named.replace(/[^\\/]*$/, "").replace(/(.)[\\/]$/, "$1");
  return shellWord(granted === "" ? `--allow-${kind}` : `--allow-${kind}=${granted}`);
}

/** The argument of `deno` that grants these environment variables. */
export function envFlag(variables: readonly string[]): string {
  return `--allow-env=${variables.join(",")}`;
}

const QUOTED = /\\\S|\$'(?:\\.|[^'\\])*'|'[^']*'|"[^"]*"/.source;
/** A word of a shell: quoted, escaped, or bare. */
export const WORD: RegExp = new RegExp(`(?:${QUOTED}|[^\\s'"\\\\])+`, "g");
const VALUE = new RegExp(`(?:${QUOTED}|[^,'"\\\\])+`, "g");

/** Makes one flag of all that grant a permission: Deno before 2.9.6 refuses most that come twice. */
export function mergeFlags(
  flags: readonly string[],
  os: typeof Deno.build.os = Deno.build.os,
): string[] {
  const words = new Set(flags.flatMap((flag) => flag.match(WORD) ?? []));
  const kinds = Map.groupBy(words, (word) => /^\$?'?(--allow-\w+)/.exec(word)?.[1] ?? word);
  return [...kinds].map(([kind, [first = "", ...others]]) =>
    others.length === 0 && !first.includes('"') ? first : mergedFlag(kind, [first, ...others], os)
  );
}

function mergedFlag(kind: string, words: string[], os: typeof Deno.build.os): string {
  const plain = new Set<string>();
  const quoted = new Set<string>();
  for (const word of words) {
    for (const value of word.replace(/--allow-\w+=?/, "").match(VALUE) ?? [""]) {
      if (/^"[^"]*"$/.test(value)) value.slice(1, -1).split(",").forEach((each) => plain.add(each));
      else if (!/['"]/.test(value)) plain.add(value);
      else if (os === "windows") plain.add(inDoubleQuotes(value));
      else quoted.add(value);
    }
  }
  if (plain.has("")) return kind;
  const values = [...plain].filter((each) => ![...plain].some((other) => covers(other, each)));
  const text = values.join(",");
  const bare = os === "windows" ? /^[\w./:-]*$/ : /^[\w./:,-]*$/;
  const list = bare.test(text) ? text : `"${text}"`;
  return `${kind}=${[list, ...quoted].filter(Boolean).join(",")}`;
}

// In PowerShell a comma between two strings makes a list of them.
function inDoubleQuotes(word: string): string {
  return word.slice(1, -1).replace(/(['\u2018-\u201b])\1/g, "$1")
    .replace(/[`$"\u201c-\u201e]/g, "`$&");
}

function covers(other: string, value: string): boolean {
  if (other === value) return false;
  if (other.endsWith("*")) return value.startsWith(other.slice(0, -1));
  return value.startsWith(`${other}/`) || value.startsWith(`${other}\\`);
}

/** Sets environment variables for the commands after it. */
export function exportLine(
  variables: Readonly<Record<string, string>>,
  os: typeof Deno.build.os = Deno.build.os,
): string {
  const words = Object.entries(variables).map(([name, value]) => [name, shellWord(value, os)]);
  if (os !== "windows") return `export ${words.map((word) => word.join("=")).join(" ")}`;
  const quoted = (word = "") => word.startsWith("'") ? word : `'${word}'`;
  return words.map(([name, word]) => `$env:${name} = ${quoted(word)}`).join("; ");
}
