/**
 * What the head of a test file says about where it runs. The head is the lines of comment at its top:
 *
 * ```ts
 * // @environment windows, unit
 * // @needs strace, gdbus (libglib2.0-bin), python3:keyring (python3-keyring), tool:pip
 * // @uses zsh, fish
 * // @soak
 * ```
 *
 * - `@environment`: each of these runs the file; `unit` unless it says otherwise. A name of a system
 *   (`linux`, `macos`, `windows`) stands for that system as it is; the others, and `windows` on Linux,
 *   are a file in `dev/environments`.
 * - `@needs`: programs, with Debian's package where it has another name, modules of Python, and what
 *   `dev/tools` prepares. Without them the file does not run.
 * - `@uses`: the same, but the file's tests know how to do without.
 * - `@soak`: `deno task soak` runs it, too.
 *
 * @module
 */

import { filesUnder, REPOSITORY } from "./cache.ts";

/** Something that a test file needs. */
export interface Need {
  /** A program, `python3:` and a module, or `tool:` and a file of `dev/tools`. */
  name: string;
  /** The Debian package that brings it. */
  package: string;
}

/** A test file, as its place and its head describe it. */
export interface TestFile {
  /** The path, relative to the repository. */
  path: string;
  /** Where it runs. */
  environments: string[];
  /** What it cannot do without. */
  needs: Need[];
  /** What it can do without. */
  uses: Need[];
  /** Whether it finds more, the longer it runs. */
  soak: boolean;
  /** Whether it changes what all files of a process share, so that none may run beside it. */
  alone: boolean;
}

/** Whether a file tests with programs of other parties. */
export function isParty({ path }: TestFile): boolean {
  return path.startsWith("tests/parties/");
}

/** Reads the heads of all test files. */
export async function testFiles(): Promise<TestFile[]> {
  const paths = await filesUnder("tests", (name) => name.endsWith("_test.ts"));
  return await Promise.all(paths.map(async (path) => {
    return parseHead(path, await Deno.readTextFile(`${REPOSITORY}/${path}`));
  }));
}

// Of the tests side by side in one process, each sees the variables that another sets.
const SHARED = /\bDeno\.env\.(set|delete)\(|\bnew (Variables|FakeCommand|FakeSecurity)\(/;

/** Reads the head of one file. */
export function parseHead(path: string, text: string): TestFile {
  const file: TestFile = {
    path,
    environments: ["unit"],
    needs: [],
    uses: [],
    soak: false,
    alone: SHARED.test(text),
  };
  for (const line of text.split(/\r?\n/)) {
    if (!line.startsWith("//")) break;
    const [, tag, rest = ""] = /^\/\/ @(\S+)(.*)$/.exec(line) ?? [];
    const words = rest.split(",").map((word) => word.trim()).filter((word) => word !== "");
    if (tag === "environment") file.environments = words;
    else if (tag === "needs") file.needs.push(...words.map(parseNeed));
    else if (tag === "uses") file.uses.push(...words.map(parseNeed));
    else if (tag === "soak") file.soak = true;
    else if (tag) throw new TypeError(`${path}: unknown tag "@${tag}"`);
  }
  if (file.environments.length === 0) throw new TypeError(`${path}: "@environment" names none`);
  return file;
}

/** Reads a need as `gdbus (libglib2.0-bin)`, or `strace` where the package has the same name. */
export function parseNeed(word: string): Need {
  const [, name = word, inDebian] = /^(\S+)\s+\((.+)\)$/.exec(word) ?? [];
  return { name, package: inDebian ?? name };
}
