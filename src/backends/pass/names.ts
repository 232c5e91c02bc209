// An entry as a file below the store: SERVICE/USERNAME.gpg. The slashes of a service separate folders,
// so that what `pass` keeps in folders has names here, too.

import type { Entry } from "../../backend.ts";
import { Failure } from "../../errors.ts";

export const SUFFIX = ".gpg";

const LONGEST_NAME = 255;
const ENCODER = new TextEncoder();

// A leading dot hides a file, and leads to `..` and `.git`. Control characters, and those that turn the
// direction of text, forge what `pass ls` shows.
const UNSAFE =
  // deno-lint-ignore no-control-regex -- these are what is looked for
  /^\.|[/\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]|%(?=[\dA-F]{2})/gu;
// Slashes that separate two names: not the first of `//`, and none at either end.
const SEPARATOR = /(?<!^)\/(?!\/|$)/;

/** The path of an entry as `pass` calls it, without the suffix. */
export function pathOf({ service, username }: Entry): string {
  const folders = service.split(SEPARATOR).map(escapeFolder);
  return [...folders, escapeName(username)].join("/");
}

export function folderOf(service: string): string {
  return service.split(SEPARATOR).map(escapeFolder).join("/");
}

/** The entry at a path; `undefined` where no entry has it. */
export function entryAt(path: string): Entry | undefined {
  try {
    const names = path.split("/").map(unescapeName);
    const entry = { username: names.pop() ?? "", service: names.join("/") };
    return entry.service !== "" && pathOf(entry) === path ? entry : undefined;
  } catch {
    // Not UTF-8.
    return undefined;
  }
}

/** Refuses names that are too long for a file system once they are escaped. */
export function checkLength(path: string): void {
  const names = `${path}${SUFFIX}`.split("/");
  const longest = Math.max(...names.map((name) => ENCODER.encode(name).length));
  if (longest <= LONGEST_NAME) return;
  const reason =
    `its name in the password store has a part of ${longest} bytes, and files have at ` +
    `most ${LONGEST_NAME}`;
  throw new Failure("other", reason, { advice: "Use shorter names." });
}

function escapeName(name: string): string {
  if (name === "") return "%";
  return name === "%" ? "%25" : name.replace(UNSAFE, escapeCharacter);
}

// A folder `x.gpg` would be in the way of the entry `x`.
function escapeFolder(name: string): string {
  return escapeName(name).replace(/\.(?=gpg$)/i, escapeCharacter);
}

function escapeCharacter(character: string): string {
  return ENCODER.encode(character).toHex().toUpperCase().replace(/../g, "%$&");
}

function unescapeName(name: string): string {
  return name === "%" ? "" : name.replace(/(%[\dA-F]{2})+/g, decodeURIComponent);
}
