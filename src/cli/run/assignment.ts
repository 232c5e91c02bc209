import { CommandError, UsageError } from "../usage_error.ts";

export interface Assignment {
  name: string;
  service: string;
  username: string;
  /** Where it was given. */
  place: string;
}

/** Reads the value of an `--env`. */
export function readArgument(text: string): Assignment {
  return read(text, "--env", (reason) => new UsageError(`argument --env: ${reason}`));
}

/** Reads a map: one assignment per line; empty lines and those that begin with `#` are skipped. */
export function readLines(text: string, path: string): Assignment[] {
  return text.split(/\r?\n/).flatMap((whole, index) => {
    const line = whole.trim();
    if (line === "" || line.startsWith("#")) return [];
    const place = `${path}, line ${index + 1}`;
    return [read(line, place, (reason) => new CommandError(`${place}: ${reason}`))];
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
    if (first) throw new CommandError(`${name} is given twice, by ${first.place} and by ${place}`);
    seen.set(key, assignment);
  }
}

// Only the name is repeated: people write a password where its entry belongs.
function read(text: string, place: string, fault: (reason: string) => Error): Assignment {
  const equals = text.indexOf("=");
  if (equals < 0) throw fault("write it as NAME=SERVICE/USERNAME");
  const name = text.slice(0, equals);
  const refusal = refusalOf(name);
  if (refusal !== undefined) throw fault(refusal);
  const entry = text.slice(equals + 1);
  // The last one, as services are often URLs.
  const slash = entry.lastIndexOf("/");
  if (slash < 0) {
    throw fault(`${name} needs an entry, SERVICE/USERNAME, not a value`);
  }
  const service = decode(entry.slice(0, slash));
  const username = decode(entry.slice(slash + 1));
  if (service === undefined || username === undefined) {
    throw fault(`${name} has a % without two hexadecimal digits; write % itself as %25`);
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

// These make the system, a shell or an interpreter load or run what they name. A wrong value is
// printed: the dynamic linker shows that of LD_PRELOAD on stderr.
const REFUSED = [
  /^(LD|DYLD)_/,
  /^(PATH|PATHEXT|COMSPEC|SYSTEMROOT|WINDIR|PSMODULEPATH)$/,
  /^(ENV|BASH_ENV|SHELLOPTS|BASHOPTS|IFS|PS4|PROMPT_COMMAND|ZDOTDIR)$/,
  /^(SHELL|EDITOR|VISUAL|PAGER|(GIT|SSH|SUDO)_ASKPASS|GIT_(SSH|SSH_COMMAND|EDITOR|PAGER))$/,
  /^(NODE_OPTIONS|NODE_PATH|PYTHON(PATH|HOME|STARTUP)|PERL5?(LIB|OPT|DB)|RUBY(LIB|OPT))$/,
  /^(JAVA_TOOL_OPTIONS|_JAVA_OPTIONS|JDK_JAVA_OPTIONS|GCONV_PATH|GLIBC_TUNABLES)$/,
];

function refusalOf(name: string): string | undefined {
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) {
    return "the name of a variable consists of letters, digits and _, and must not start with a digit";
  }
  if (REFUSED.some((pattern) => pattern.test(name.toUpperCase()))) {
    return `${name} tells programs what to load or run; it must not hold a secret`;
  }
  return undefined;
}
