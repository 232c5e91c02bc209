import { DEFAULT_SECTION, parseIni } from "./lib/ini.ts";
import { decodeText } from "./lib/text.ts";
import { mayRead, readVariable } from "./lib/environment.ts";
import { KeyringError } from "./errors.ts";

export interface Config {
  /** The `default-keyring` of its `[backend]` section. */
  defaultKeyring?: string;
  /** The `keyring-path` of its `[backend]` section. */
  keyringPath?: string;
}

const SECTION = "backend";
// A config file has a few lines; more is not one, and is not read into memory.
const MAX_CONFIG_BYTES = 1024 * 1024;

export function configPath(os: typeof Deno.build.os = Deno.build.os): string | undefined {
  const root = os === "windows" ? windowsRoot() : unixRoot("XDG_CONFIG_HOME", ".config");
  return root && `${root}${os === "windows" ? "\\" : "/"}keyringrc.cfg`;
}

/** Where Python's keyring, and the stores of this one that are files, keep their data. */
export function dataRoot(os: typeof Deno.build.os = Deno.build.os): string | undefined {
  return os === "windows" ? windowsRoot() : unixRoot("XDG_DATA_HOME", ".local/share");
}

function windowsRoot(): string | undefined {
  const base = readVariable("LOCALAPPDATA") ?? readVariable("ProgramData");
  return base && `${base}\\Python Keyring`;
}

function unixRoot(variable: string, fallback: string): string | undefined {
  const home = readVariable("HOME");
  const base = readVariable(variable) ?? (home && `${home}/${fallback}`);
  return base && `${base}/python_keyring`;
}

export function readConfig(path: string | undefined): Config | undefined {
  if (path === undefined || !mayRead(path)) return undefined;
  const details = { operation: "open", advice: "Mend or remove the file." } as const;
  try {
    const { size, isFile } = Deno.statSync(path);
    if (!isFile) throw new KeyringError(`the config file "${path}" is not a file`, details);
    if (size > MAX_CONFIG_BYTES) {
      throw new KeyringError(`the config file "${path}" has ${size} bytes`, details);
    }
    return parseConfig(decodeText(Deno.readFileSync(path)));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    if (error instanceof KeyringError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new KeyringError(`the config file "${path}" cannot be read: ${reason}`, details);
  }
}

/** Finds the two settings of the `[backend]` section; passes over what is wrong in others. */
export function parseConfig(text: string): Config {
  const { sections, problems } = parseIni(text);
  const problem = problems.find(({ section = SECTION }) =>
    section === SECTION || section === DEFAULT_SECTION
  );
  if (problem) throw new Error(`line ${problem.line} ${problem.reason}`);
  const config: Config = {};
  const defaultKeyring = sections.get(SECTION)?.get("default-keyring");
  const keyringPath = sections.get(SECTION)?.get("keyring-path");
  if (defaultKeyring !== undefined) config.defaultKeyring = defaultKeyring;
  if (keyringPath !== undefined) config.keyringPath = keyringPath;
  return config;
}
