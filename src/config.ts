import { DEFAULT_SECTION, parseIni } from "./lib/ini.ts";
import { decodeText } from "./lib/text.ts";
import { findFolder, type Folder, mayRead } from "./lib/environment.ts";
import { KeyringError } from "./errors.ts";

export interface Config {
  /** The `default-keyring` of its `[backend]` section. */
  defaultKeyring?: string;
  /** The `keyring-path` of its `[backend]` section. */
  keyringPath?: string;
  /** The `order` of its `[chain]` section. */
  chainOrder?: string;
}

const SECTION = "backend";
const CHAIN_SECTION = "chain";
const WINDOWS_VARIABLES = ["LOCALAPPDATA", "ProgramData"];
// A config file has a few lines; anything larger is not one, and is not read into memory.
const MAX_CONFIG_BYTES = 1024 * 1024;

/** The variables that locate the config file: the first one that is set. */
export function configVariables(os: typeof Deno.build.os = Deno.build.os): readonly string[] {
  return os === "windows" ? WINDOWS_VARIABLES : ["XDG_CONFIG_HOME", "HOME"];
}

/** Where the config file is, as in Python's keyring, or why that is unknown. */
export function locateConfig(os: typeof Deno.build.os = Deno.build.os): Folder {
  const folder = pythonFolder(configVariables(os), ".config", os);
  if (folder.path === undefined) return folder;
  return { ...folder, path: `${folder.path}${os === "windows" ? "\\" : "/"}keyringrc.cfg` };
}

/** Where Python's keyring, and the file-based stores of this library, keep their data. */
export function locateData(os: typeof Deno.build.os = Deno.build.os): Folder {
  const variables = os === "windows" ? WINDOWS_VARIABLES : ["XDG_DATA_HOME", "HOME"];
  return pythonFolder(variables, ".local/share", os);
}

function pythonFolder(
  variables: readonly string[],
  belowHome: string,
  os: typeof Deno.build.os,
): Folder {
  const folder = findFolder(variables, os);
  if (folder.path === undefined) return folder;
  const base = folder.variable === "HOME" ? `${folder.path}/${belowHome}` : folder.path;
  const path = os === "windows" ? `${base}\\Python Keyring` : `${base}/python_keyring`;
  return { ...folder, path };
}

export function readConfig(path: string | undefined): Config | undefined {
  if (path === undefined || !mayRead(path)) return undefined;
  const details = {
    operation: "open",
    advice: "Fix or remove the file, or choose a keyring with the variable KEYRING_BACKEND.",
  } as const;
  try {
    const { size, isFile } = Deno.statSync(path);
    if (!isFile) throw new KeyringError(`the config file "${path}" is not a file`, details);
    if (size > MAX_CONFIG_BYTES) {
      throw new KeyringError(`the config file "${path}" has ${size} bytes`, details);
    }
    return parseConfig(decodeText(Deno.readFileSync(path)));
  } catch (error) {
    // A home such as /dev/null is not a folder.
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) {
      return undefined;
    }
    if (error instanceof KeyringError) throw error;
    // Deno repeats the call and the path after the reason.
    const reason = error instanceof Error
      ? error.message.replace(/(\(os error \d+\)).*$/s, "$1")
      : String(error);
    throw new KeyringError(`the config file "${path}" cannot be read: ${reason}`, details);
  }
}

/** Finds the settings of the `[backend]` and `[chain]` sections; ignores errors in other sections. */
export function parseConfig(text: string): Config {
  const { sections, problems } = parseIni(text);
  const problem = problems.find(({ section = SECTION }) =>
    [SECTION, CHAIN_SECTION, DEFAULT_SECTION].includes(section)
  );
  if (problem) throw new Error(`line ${problem.line} ${problem.reason}`);
  const config: Config = {};
  const defaultKeyring = sections.get(SECTION)?.get("default-keyring");
  const keyringPath = sections.get(SECTION)?.get("keyring-path");
  const chainOrder = sections.get(CHAIN_SECTION)?.get("order");
  if (chainOrder !== undefined) config.chainOrder = chainOrder;
  if (defaultKeyring !== undefined) config.defaultKeyring = defaultKeyring;
  if (keyringPath !== undefined) config.keyringPath = keyringPath;
  return config;
}
