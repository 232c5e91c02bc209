// The type system of the D-Bus specification: signatures, and what is a valid name.

import { DBusFormatError } from "./errors.ts";

/** A value that carries its own type. */
export class Variant {
  constructor(readonly signature: string, readonly value: unknown) {}
}

/** One complete type; a container has its parts in `items`. */
export interface Type {
  readonly code: string;
  readonly alignment: number;
  readonly items: readonly Type[];
}

const ALIGNMENT: Record<string, number> = {
  ...{ y: 1, b: 4, n: 2, q: 2, i: 4, u: 4, x: 8, t: 8, d: 8, h: 4 },
  ...{ s: 4, o: 4, g: 1, v: 1, a: 4, "(": 8, "{": 8 },
};
const MAX_LENGTH = 255;
const MAX_DEPTH = 32;
/** DataView's methods for the numbers. A number is as long as its alignment. */
export const NUMBERS = {
  y: ["getUint8", "setUint8"],
  n: ["getInt16", "setInt16"],
  q: ["getUint16", "setUint16"],
  i: ["getInt32", "setInt32"],
  u: ["getUint32", "setUint32"],
  h: ["getUint32", "setUint32"],
  x: ["getBigInt64", "setBigInt64"],
  t: ["getBigUint64", "setBigUint64"],
  d: ["getFloat64", "setFloat64"],
} as const;
export const MAX_ARRAY_BYTES = 64 * 1024 * 1024;
/** How deep values may nest, variants included. */
export const MAX_VALUE_DEPTH = 64;

// Bounded, for others choose the signatures of variants.
const parsed = new Map<string, readonly Type[]>();
const MOST_PARSED = 256;

export function parseSignature(signature: string): readonly Type[] {
  const known = parsed.get(signature);
  if (known) return known;
  const types = parseTypes(signature);
  if (parsed.size >= MOST_PARSED) parsed.clear();
  parsed.set(signature, types);
  return types;
}

function parseTypes(signature: string): Type[] {
  if (signature.length > MAX_LENGTH) throw new DBusFormatError("A signature is too long");
  const parser = new SignatureParser(signature);
  const types: Type[] = [];
  while (parser.next !== undefined) types.push(parser.type(0, 0));
  return types;
}

export function parseSingleType(signature: string): Type {
  const [type, ...others] = parseSignature(signature);
  if (!type || others.length > 0) throw new DBusFormatError("A variant must have one type");
  return type;
}

class SignatureParser {
  #at = 0;

  constructor(readonly signature: string) {}

  get next(): string | undefined {
    return this.signature[this.#at];
  }

  type(arrays: number, structs: number, inArray = false): Type {
    const code = this.next ?? "";
    this.#at++;
    const alignment = ALIGNMENT[code];
    if (alignment === undefined || arrays > MAX_DEPTH || structs > MAX_DEPTH) throw invalid();
    const items: Type[] = [];
    if (code === "a") items.push(this.type(arrays + 1, structs, true));
    if (code === "(") {
      do items.push(this.type(arrays, structs + 1)); while (this.next !== ")");
      this.#at++;
    }
    if (code === "{") {
      if (!inArray) throw invalid();
      items.push(this.type(arrays, structs + 1), this.type(arrays, structs + 1));
      if (isContainer(items[0]) || this.next !== "}") throw invalid();
      this.#at++;
    }
    return { code, alignment, items };
  }
}

function isContainer(type: Type | undefined): boolean {
  return type?.code === "v" || type?.items.length !== 0;
}

function invalid(): DBusFormatError {
  return new DBusFormatError("A signature is invalid");
}

export function isObjectPath(text: string): boolean {
  // Not one expression with nested loops: a path may have millions of characters.
  return text === "/" ||
    (text.startsWith("/") && !text.endsWith("/") && !text.includes("//") && !/[^\w/]/.test(text));
}

export function isInterface(text: string): boolean {
  return text.length <= MAX_LENGTH && /^[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+$/.test(text);
}

export function isMember(text: string): boolean {
  return text.length <= MAX_LENGTH && /^[A-Za-z_]\w*$/.test(text);
}

export function isBusName(text: string): boolean {
  return text.length <= MAX_LENGTH &&
    /^(?::[\w-]+(?:\.[\w-]+)+|[A-Za-z_-][\w-]*(?:\.[A-Za-z_-][\w-]*)+)$/.test(text);
}
