// The Credential Manager as it is chosen without being asked for. Apart from the class, which loads
// every layout.

import { KeyringError, quote } from "../../errors.ts";
import type { Keyring, Persistence } from "../../keyring.ts";
import type { LayoutName } from "../../layouts/layout.ts";
import { PYTHON_CREDENTIALS } from "../../layouts/python.ts";
import { readVariable } from "../../lib/environment.ts";
import { StoreKeyring } from "../../store_keyring.ts";
import { CredentialManagerBackend } from "./credential_manager.ts";
import { PERSIST } from "./symbols.ts";

export { ffiFlag as flags, probe } from "./libraries.ts";

const PYTHON = { program: "Python's keyring", windows: PYTHON_CREDENTIALS };

const PERSISTENCE_WORDS = new Map<string, Persistence>([
  ["session", "session"],
  ["local", "local"],
  ["local machine", "local"],
  ["enterprise", "enterprise"],
  ["1", "session"],
  ["2", "local"],
  ["3", "enterprise"],
]);

/** Opens the keyring with `KEYRING_PROPERTY_PERSIST`, in Python's words or ours. */
export async function open(
  { layout = "python" }: { layout?: LayoutName | undefined } = {},
): Promise<Keyring> {
  if (layout !== "python") return new (await import("./backend.ts")).WindowsKeyring({ layout });
  const persist = PERSIST[persistenceSetting() ?? PYTHON_CREDENTIALS.persistence];
  return new StoreKeyring(new CredentialManagerBackend(PYTHON, persist));
}

function persistenceSetting(): Persistence | undefined {
  const value = readVariable("KEYRING_PROPERTY_PERSIST");
  if (value === undefined) return undefined;
  const persistence = PERSISTENCE_WORDS.get(value.toLowerCase());
  if (persistence) return persistence;
  throw new KeyringError(`KEYRING_PROPERTY_PERSIST is ${quote(value)}`, {
    operation: "open",
    advice: "Set it to session, local machine or enterprise.",
  });
}
