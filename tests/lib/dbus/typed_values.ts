// Random values of the types of D-Bus.

import fc from "fast-check";
import { parseSignature, Variant } from "../../../src/lib/dbus/types.ts";

interface Typed {
  type: string;
  value: unknown;
}

const text = fc.string({ unit: "grapheme" }).filter((text) => !text.includes("\0"));
const path = fc.array(fc.stringMatching(/^\w+$/)).map((parts) => `/${parts.join("/")}`);
const BASIC: Record<string, fc.Arbitrary<unknown>> = {
  y: fc.nat(255),
  b: fc.boolean(),
  n: fc.integer({ min: -0x8000, max: 0x7fff }),
  q: fc.nat(0xffff),
  i: fc.integer(),
  u: fc.nat(0xffffffff),
  x: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  t: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  d: fc.double(),
  s: text,
  o: path,
  g: fc.constantFrom("", "s", "a{sv}", "(oayays)", "aaai"),
};

/** Any value of one complete type. */
export function valueOf(type: string): fc.Arbitrary<unknown> {
  const [code = ""] = type;
  const basic = BASIC[code];
  if (basic) return basic;
  if (code === "v") return typed(2).map(({ type, value }) => new Variant(type, value));
  if (code === "(") return fc.tuple(...split(type.slice(1, -1)).map(valueOf));
  const [key = "", value = ""] = type[1] === "{" ? split(type.slice(2, -1)) : [];
  if (type === "ay") return fc.uint8Array();
  if (key === "") return fc.array(valueOf(type.slice(1)), { maxLength: 5 });
  return fc.array(fc.tuple(valueOf(key), valueOf(value)), { maxLength: 5 }).map(toMap);
}

function toMap(pairs: [unknown, unknown][]): Map<unknown, unknown> {
  return new Map(pairs);
}

function split(signature: string): string[] {
  const write = ({ code, items }: ReturnType<typeof parseSignature>[number]): string => {
    const inner = items.map(write).join("");
    return code === "(" ? `(${inner})` : code === "{" ? `{${inner}}` : code + inner;
  };
  return parseSignature(signature).map(write);
}

function typeOf(depth: number): fc.Arbitrary<string> {
  const basic = fc.constantFrom(...Object.keys(BASIC));
  if (depth === 0) return basic;
  const inner = typeOf(depth - 1);
  return fc.oneof(
    basic,
    fc.constantFrom("v", "ay"),
    inner.map((type) => `a${type}`),
    fc.array(inner, { minLength: 1, maxLength: 4 }).map((types) => `(${types.join("")})`),
    fc.tuple(basic, inner).map(([key, value]) => `a{${key}${value}}`),
  );
}

function typed(depth: number): fc.Arbitrary<Typed> {
  return typeOf(depth).chain((type) => valueOf(type).map((value) => ({ type, value })));
}

/** The signature and the values of any message. */
export const bodies = fc.array(typed(3), { maxLength: 4 })
  .map((parts) => ({
    signature: parts.map(({ type }) => type).join(""),
    body: parts.map(({ value }) => value),
  }))
  .filter(({ signature }) => signature.length <= 255);
