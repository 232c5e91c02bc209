import { CommandError, UsageError } from "../usage_error.ts";
import { refusalOf } from "./variable_name.ts";

export interface Assignment {
  name: string;
  service: string;
  /** The username of the entry; may be empty. */
  username: string;
  place: string;
}

/** Reads the value of an `--env`. */
export function readArgument(text: string): Assignment {
  return read(text, "--env", (reason) => new UsageError(`argument --env: ${reason}`));
}

/** Reads a map: an assignment a line, besides empty lines and those that begin with `#`. */
export function readLines(text: string, path: string): Assignment[] {
  return text.split(/\r?\n/).flatMap((whole, index) => {
    const line = whole.trim();
    if (line === "" || line.startsWith("#")) return [];
    const place = `${path}, line ${index + 1}`;
    return [read(line, place, (reason) => new CommandError(`${place}: ${reason}`))];
  });
}

/** Refuses a variable that is given twice: one of the entries would be left out without a word. */
export function refuseTwice(
  assignments: readonly Assignment[],
  os: typeof Deno.build.os,
): void {
  const seen = new Map<string, Assignment>();
  for (const assignment of assignments) {
    const { name, place } = assignment;
    const key = os === "windows" ? name.toUpperCase() : name;
    const first = seen.get(key);
    if (first) throw new CommandError(`${name} is given twice, by ${first.place} and by ${place}`);
    seen.set(key, assignment);
  }
}

// What is wrong is not repeated but for the name: people write a password where its entry belongs.
function read(text: string, place: string, fault: (reason: string) => Error): Assignment {
  const equals = text.indexOf("=");
  if (equals < 0) throw fault("it is written NAME=SERVICE/USERNAME");
  const name = text.slice(0, equals);
  const refusal = refusalOf(name);
  if (refusal !== undefined) throw fault(refusal);
  const entry = text.slice(equals + 1);
  // The last one, as services are often URLs.
  const slash = entry.lastIndexOf("/");
  if (slash < 0) {
    throw fault(`${name} needs an entry, written SERVICE/USERNAME, not a value`);
  }
  const service = decode(entry.slice(0, slash));
  const username = decode(entry.slice(slash + 1));
  if (service === undefined || username === undefined) {
    throw fault(`${name} has a % that stands for nothing; write % itself as %25`);
  }
  if (service === "") throw fault(`${name} has no service before the last /`);
  return { name, service, username, place };
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
