/**
 * Which program is run: always the system's own. Only the tests, which import this module from its
 * file, can put another in its place, and only for one options object of theirs.
 *
 * @module
 */

const SYSTEM_PROGRAM = "/usr/bin/security";

const replaced = new WeakMap<object, string>();

/**
 * Gives the program that belongs to a keyring's options.
 *
 * @param options The keyring's options.
 * @returns The program's absolute path.
 */
export function programFor(options: object): string {
  return replaced.get(options) ?? SYSTEM_PROGRAM;
}

/**
 * Tells whether a test has put another program in the place of the system's.
 *
 * @param options The keyring's options.
 */
export function isReplaced(options: object): boolean {
  return replaced.has(options);
}

/**
 * Puts another program in the place of the system's, for tests on machines without it.
 *
 * @param options The options of one keyring.
 * @param program The absolute path of the other program.
 * @returns The same options.
 */
export function replaceProgram<T extends object>(options: T, program: string): T {
  replaced.set(options, program);
  return options;
}
