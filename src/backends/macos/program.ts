// Which program is run: always the system's own. Only the tests, which import this module from
// its file, can put another in its place, and only for one options object of theirs.

const SYSTEM_PROGRAM = "/usr/bin/security";

const replaced = new WeakMap<object, string>();

export function programFor(options: object): string {
  return replaced.get(options) ?? SYSTEM_PROGRAM;
}

export function isReplaced(options: object): boolean {
  return replaced.has(options);
}

/** Puts another program in the place of the system's, for tests on machines without it. */
export function replaceProgram<T extends object>(options: T, program: string): T {
  replaced.set(options, program);
  return options;
}
