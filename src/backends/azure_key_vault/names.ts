// An entry as a secret of a Key Vault. A name there has 127 letters, digits and dashes at most, and
// takes `A` for `a`: it can only hold a digest. The true names are in the tags.

import type { Entry } from "../../backend.ts";
import { Failure, quote } from "../../errors.ts";

/** How the names of our secrets begin. */
export const PREFIX = "kr-";

const SERVICE_TAG = "keyring-service";
const USERNAME_TAG = "keyring-username";
// 256 characters of UTF-16, none of them half of a pair.
const PIECES = /[^]{1,256}(?![\udc00-\udfff])/g;
const LONGEST_SLUG = 60;
const BASE32 = "abcdefghijklmnopqrstuvwxyz234567";
const ENCODER = new TextEncoder();

export type Tags = Record<string, string>;

export async function nameOf({ service, username }: Entry): Promise<string> {
  const text = ENCODER.encode(`${service}${username}`);
  const input = new Uint8Array(4 + text.length);
  // Without the length, "ab" for "c" would be "b" for "ca".
  new DataView(input.buffer).setUint32(0, ENCODER.encode(service).length);
  input.set(text, 4);
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", input));
  return `${PREFIX}${slugOf(`${service}-${username}`)}${base32(digest.subarray(0, 20))}`;
}

/** What a person recognizes of it. */
function slugOf(text: string): string {
  const slug = text.toLowerCase().replace(/[^0-9a-z]+/g, "-").slice(0, LONGEST_SLUG)
    .replace(/^-|-$/g, "");
  return slug === "" ? "" : `${slug}-`;
}

function base32(bytes: Uint8Array): string {
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, "0")).join("");
  return (bits.match(/.{5}/g) ?? []).map((five) => BASE32[parseInt(five, 2)]).join("");
}

/** The tags that hold the true names. */
export function tagsOf({ service, username }: Entry): Tags {
  return { ...pieces(SERVICE_TAG, service), ...pieces(USERNAME_TAG, username) };
}

// What a portal would not show or might trim is escaped.
function pieces(tag: string, name: string): Tags {
  const text = name.replace(/[%\p{C}\p{Z}]/gu, encodeURIComponent);
  const cut = text.match(PIECES) ?? [];
  return Object.fromEntries(cut.map((piece, index) => [tagName(tag, index), piece]));
}

function tagName(tag: string, index: number): string {
  return index === 0 ? tag : `${tag}-${index + 1}`;
}

/** The names that tags hold; `undefined` where these are not ours. */
export function entryOf(tags: Tags | undefined): Entry | undefined {
  const service = joined(tags, SERVICE_TAG);
  const username = joined(tags, USERNAME_TAG);
  return service === undefined || service === "" || username === undefined
    ? undefined
    : { service, username };
}

function joined(tags: Tags | undefined, tag: string): string | undefined {
  let text = "";
  for (let index = 0;; index++) {
    const piece = tags?.[tagName(tag, index)];
    if (piece === undefined) break;
    text += piece;
  }
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

/** The tags that are not ours. */
export function otherTags(tags: Tags | undefined): Tags {
  const isOurs = (tag: string) => /^keyring-(service|username)(-\d+)?$/.test(tag);
  return Object.fromEntries(Object.entries(tags ?? {}).filter(([tag]) => !isOurs(tag)));
}

/** Refuses a secret whose tags do not name this entry. */
export function checkNames(
  tags: Tags | undefined,
  entry: Entry,
  name: string,
  vault: string,
): void {
  const found = entryOf(tags);
  if (found?.service === entry.service && found.username === entry.username) return;
  const holds = found ? `of ${quote(found.username)} for ${quote(found.service)}` : "missing";
  throw new Failure("corrupt", `the names in the tags of its secret "${name}" are ${holds}`, {
    advice: found
      ? `Look at it with \`az keyvault secret show --vault-name ${vault} --name ${name}\`.`
      : "Store it anew with `keyring set`, which also writes the tags.",
  });
}
