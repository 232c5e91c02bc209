/**
 * The simulated Mac: its keychains, its session and the faults that a test switches on. It is kept
 * in a JSON file, which concurrent processes change one after the other.
 *
 * @module
 */

/** A generic password, or an item of another class. */
export interface Item {
  /** The record class; generic password without it. */
  class?: string;
  /** The account, where there is one. */
  account?: string;
  /** The service, where there is one. */
  service?: string;
  /** The server of an internet password. */
  server?: string;
  /** Its security domain. */
  domain?: string;
  /** Its path. */
  path?: string;
  /** Its port in decimal digits, 0 for none. */
  port?: string;
  /** Its protocol: four characters. */
  protocol?: string;
  /** Its way of authentication: four characters. */
  authentication?: string;
  /** The label. */
  label?: string;
  /** The comment. */
  comment?: string;
  /** The kind. */
  kind?: string;
  /** The generic attribute. */
  generic?: string;
  /** The creator: four characters. */
  creator?: string;
  /** The type: four characters. */
  type?: string;
  /** When it was created: `YYYYMMDDhhmmssZ`. */
  created: string;
  /** When it was last written. */
  modified: string;
  /** The secret. */
  secret: string;
  /** The status of every attempt to read it, such as when the user clicks Deny. */
  refusesRead?: number;
  /** Whether every update fails. */
  refusesUpdate?: boolean;
}

/** A keychain. */
export interface Keychain {
  /** Its password. */
  password: string;
  /** Whether it is locked. */
  locked: boolean;
  /** Its items. */
  items: Item[];
}

/** The simulated Mac. */
export interface State {
  /** The keychains by their path. */
  keychains: Record<string, Keychain>;
  /** The paths of the search list. */
  searchList: string[];
  /** The path of the default keychain. */
  defaultKeychain: string | null;
  /** Whether a dialog can be shown; nobody ever answers it. */
  gui: boolean;
  /** Whether messages are in another language than English. */
  translated?: boolean;
  /** Whether no secret reaches the disk. */
  storesNothing?: boolean;
  /** Whether every update is reported as made, and is not. */
  ignoresUpdate?: boolean;
  /** Whether two writers at a time destroy a keychain. */
  fragile?: boolean;
  /** Whether every search fails, as that in a damaged keychain. */
  failsSearch?: boolean;
  /** The arguments of each process, and each line that it ran. */
  log: { argv: string[]; lines: string[] }[];
}

/**
 * Makes a Mac with an unlocked login keychain.
 *
 * @param path The path of that keychain.
 */
export function newState(path = "/Users/me/Library/Keychains/login.keychain-db"): State {
  return {
    keychains: { [path]: { password: "login", locked: false, items: [] } },
    searchList: [path],
    defaultKeychain: path,
    gui: true,
    log: [],
  };
}

/**
 * Reads the state, lets an action change it, and writes it back, while no other process does.
 *
 * @param file The state's file.
 * @param action What changes it.
 * @returns What the action returns.
 */
export function withState<T>(file: string, action: (state: State) => T): T {
  using lock = Deno.openSync(`${file}.lock`, { create: true, write: true });
  lock.lockSync(true);
  const state = readState(file);
  const result = action(state);
  writeState(file, state);
  return result;
}

/**
 * Reads the state.
 *
 * @param file The state's file.
 */
export function readState(file: string): State {
  return JSON.parse(Deno.readTextFileSync(file));
}

/**
 * Replaces the state's file in one step.
 *
 * @param file The state's file.
 * @param state The state.
 */
export function writeState(file: string, state: State): void {
  const temporary = `${file}.${Deno.pid}`;
  Deno.writeTextFileSync(temporary, JSON.stringify(state));
  Deno.renameSync(temporary, file);
}
