import { CommandError, UsageError } from "../usage_error.ts";
import { isRefused } from "./refused_variables.ts";

export interface Entry {
  service: string;
  username: string;
}

export interface Assignment {
  name: string;
  /** The variable itself, or the entry whose password it gets. */
  value: string | Entry;
  /** Where it was given: `--env`, or a file and its line. */
  place: string;
}

const SCHEME = /^keyring:\/\//i;

/** Reads the value of an `--env`. */
export function readArgument(text: string): Assignment {
  const fault = (reason: string) => new UsageError(`argument --env: ${reason}`);
  const equals = text.indexOf("=");
  if (equals < 0) throw fault("write it as NAME=SERVICE/USERNAME");
  const name = text.slice(0, equals);
  const reference = text.slice(equals + 1).replace(SCHEME, "");
  return { name, value: readEntry(name, reference, fault), place: "--env" };
}

/** Reads a variable of an `.env` file. */
export function readVariable(name: string, value: string, place: string): Assignment {
  const fault = (reason: string) => new CommandError(`${place}: ${reason}`);
  if (SCHEME.test(value)) {
    return { name, value: readEntry(name, value.replace(SCHEME, ""), fault), place };
  }
  if (/keyring:\/\//i.test(value)) {
    throw fault("a reference must be the whole value, and a quote before it must be closed");
  }
  return { name, value, place };
}

/** Refuses a variable that is given twice: one of its values would be ignored silently. */
export function refuseDuplicates(
  assignments: readonly Assignment[],
  os: typeof Deno.build.os,
): void {
  const seen = new Map<string, string>();
  for (const { name, place } of assignments) {
    const key = os === "windows" ? name.toUpperCase() : name;
    const first = seen.get(key);
    if (first !== undefined) {
      throw new CommandError(`${name} is given twice, by ${first} and by ${place}`);
    }
    seen.set(key, place);
  }
}

const NAME_RULE =
  "the name of a variable consists of letters, digits and _, and must not start with a digit";

// Only the name is repeated: people write a password where the entry belongs.
function readEntry(name: string, reference: string, fault: (reason: string) => Error): Entry {
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) throw fault(NAME_RULE);
  if (isRefused(name)) {
    throw fault(`${name} tells programs what to load or run; it must not hold a secret`);
  }
  // The last one, since services are often URLs.
  const slash = reference.lastIndexOf("/");
  if (slash < 0) {
    throw fault(`${name} does not name an entry; write SERVICE/USERNAME, not the password itself`);
  }
  const service = decode(reference.slice(0, slash));
  const username = decode(reference.slice(slash + 1));
  if (service === undefined || username === undefined) {
    throw fault(`${name} has a % without two hexadecimal digits; write % itself as %25`);
  }
  if (service === "") throw fault(`${name} has no service before the last /`);
  return { service, username };
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
