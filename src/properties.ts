import type { SecretServiceOptions } from "./backends/secret_service/backend.ts";
import type { WindowsKeyringOptions } from "./backends/windows/backend.ts";
import { readVariable } from "./lib/environment.ts";
import { KeyringError, quote } from "./errors.ts";
import type { Persistence } from "./keyring.ts";

const PERSISTENCE: Record<string, Persistence> = {
  "session": "session",
  "local": "local",
  "local machine": "local",
  "enterprise": "enterprise",
  "1": "session",
  "2": "local",
  "3": "enterprise",
};

/** Reads `KEYRING_PROPERTY_PERSIST`, in Python's words or ours. */
export function windowsProperties(): WindowsKeyringOptions {
  const value = readVariable("KEYRING_PROPERTY_PERSIST");
  if (value === undefined) return {};
  const persistence = PERSISTENCE[value.toLowerCase()];
  if (persistence) return { persistence };
  throw new KeyringError(`KEYRING_PROPERTY_PERSIST is ${quote(value)}`, {
    operation: "open",
    advice: "Set it to session, local machine or enterprise.",
  });
}

/** Reads `KEYRING_PROPERTY_APPID`, the `application` attribute of what is stored. */
export function secretServiceProperties(): SecretServiceOptions {
  const application = readVariable("KEYRING_PROPERTY_APPID");
  return application === undefined ? {} : { application };
}
