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
