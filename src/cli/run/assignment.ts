import { CommandError, UsageError } from "../usage_error.ts";
import { isRefused } from "./refused_variables.ts";

export interface Assignment {
  name: string;
  service: string;
  username: string;
  /** Where it was given: `--env`, or a file and its line. */
  place: string;
  /** Whether it is a line of a file: such may be that of a secret, and is not repeated. */
  isLine: boolean;
}

/** Reads the value of an `--env`. */
export function readArgument(text: string): Assignment {
  const fault = (reason: string) => new UsageError(`argument --env: ${reason}`);
  return { ...read(text, (name) => name, fault), place: "--env", isLine: false };
}

/** Reads a map: one assignment per line; empty lines and those that begin with `#` are skipped. */
export function readLines(text: string, path: string): Assignment[] {
  return text.split(/\r?\n/).flatMap((whole, index) => {
    const line = whole.trim();
    if (line === "" || line.startsWith("#")) return [];
    const place = `${path}, line ${index + 1}`;
    const fault = (reason: string) => new CommandError(`${place}: ${reason}`);
    return [{ ...read(line, () => "the variable", fault), place, isLine: true }];
  });
}

/** Refuses a variable that is given twice: one of its entries would be ignored silently. */
export function refuseDuplicates(
  assignments: readonly Assignment[],
  os: typeof Deno.build.os,
): void {
  const seen = new Map<string, Assignment>();
  for (const assignment of assignments) {
    const { name, place } = assignment;
    const key = os === "windows" ? name.toUpperCase() : name;
    const first = seen.get(key);
    if (first) {
      const shown = first.isLine && assignment.isLine ? "a variable" : name;
      throw new CommandError(`${shown} is given twice, by ${first.place} and by ${place}`);
    }
    seen.set(key, assignment);
  }
}

const NAME_RULE =
  "the name of a variable consists of letters, digits and _, and must not start with a digit";

// At most the name is repeated: people write a password where its entry belongs.
function read(
  text: string,
  show: (name: string) => string,
  fault: (reason: string) => Error,
): Pick<Assignment, "name" | "service" | "username"> {
  const equals = text.indexOf("=");
  if (equals < 0) throw fault("write it as NAME=SERVICE/USERNAME");
  const name = text.slice(0, equals);
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) throw fault(NAME_RULE);
  const shown = show(name);
  if (isRefused(name)) {
    throw fault(`${shown} tells programs what to load or run; it must not hold a secret`);
  }
  const entry = text.slice(equals + 1);
  // The last one, as services are often URLs.
  const slash = entry.lastIndexOf("/");
  if (slash < 0) {
    throw fault(`${shown} needs an entry, SERVICE/USERNAME, not a value`);
  }
  const service = decode(entry.slice(0, slash));
  const username = decode(entry.slice(slash + 1));
  if (service === undefined || username === undefined) {
    throw fault(`${shown} has a % without two hexadecimal digits; write % itself as %25`);
  }
  if (service === "") throw fault(`${shown} has no service before the last /`);
  return { name, service, username };
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
