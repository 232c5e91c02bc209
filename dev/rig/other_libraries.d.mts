/** One of the other keyring libraries, as the tests and the benchmark call it. */
export interface OtherLibrary {
  get(service: string, username: string): unknown;
  set(service: string, username: string, password: string): unknown;
  remove(service: string, username: string): unknown;
  /** Reads without blocking, where `get` blocks. */
  getAsync?(service: string, username: string): Promise<unknown>;
  /** The entries of a service, where the library can list. */
  list?(service: string): Promise<unknown[]> | unknown[];
}

/** Loads a library from the folder that `fetchParties()` made. */
export function loadLibrary(folder: string, library: string): Promise<OtherLibrary>;
