// A second encoder of D-Bus messages, of either byte order, to check the first one against.

import { Variant } from "../../../src/lib/dbus/types.ts";

const ALIGNMENT: Record<string, number> = { y: 1, g: 1, v: 1, n: 2, q: 2, x: 8, t: 8, d: 8 };

function alignmentOf(code = ""): number {
  return "({".includes(code) ? 8 : ALIGNMENT[code] ?? 4;
}

/** The first complete type of a signature. */
export function firstType(signature: string): string {
  const [code = ""] = signature;
  if (code === "a") return code + firstType(signature.slice(1));
  if (!"({".includes(code)) return code;
  let depth = 0;
  for (let end = 0; end < signature.length; end++) {
    if ("({".includes(signature[end] ?? "")) depth++;
    if (")}".includes(signature[end] ?? "")) depth--;
    if (depth === 0) return signature.slice(0, end + 1);
  }
  throw new Error(`unbalanced: ${signature}`);
}

export class PlainEncoder {
  bytes: number[] = [];

  constructor(readonly little: boolean) {}

  pad(alignment: number): void {
    while (this.bytes.length % alignment !== 0) this.bytes.push(0);
  }

  integer(value: number | bigint, size: number): void {
    let rest = BigInt.asUintN(size * 8, BigInt(value));
    const bytes = Array.from({ length: size }, () => {
      const byte = Number(rest & 255n);
      rest >>= 8n;
      return byte;
    });
    this.bytes.push(...(this.little ? bytes : bytes.reverse()));
  }

  all(signature: string, values: readonly unknown[]): void {
    let rest = signature;
    for (const value of values) {
      const type = firstType(rest);
      this.one(type, value);
      rest = rest.slice(type.length);
    }
  }

  one(type: string, value: unknown): void {
    const [code = ""] = type;
    this.pad(alignmentOf(code));
    if ("ynqiuxt".includes(code)) this.integer(value as number, alignmentOf(code));
    if (code === "b") this.integer(value ? 1 : 0, 4);
    if (code === "d") {
      const view = new DataView(new ArrayBuffer(8));
      view.setFloat64(0, value as number, this.little);
      this.bytes.push(...new Uint8Array(view.buffer));
    }
    if ("sog".includes(code)) {
      const text = new TextEncoder().encode(value as string);
      this.integer(text.length, code === "g" ? 1 : 4);
      this.bytes.push(...text, 0);
    }
    if (code === "v") {
      const { signature, value: inner } = value as Variant;
      this.one("g", signature);
      this.one(signature, inner);
    }
    if ("({".includes(code)) this.all(type.slice(1, -1), value as unknown[]);
    if (code === "a") this.array(type.slice(1), value as Iterable<unknown>);
  }

  array(type: string, values: Iterable<unknown>): void {
    this.integer(0, 4);
    const lengthAt = this.bytes.length - 4;
    this.pad(alignmentOf(type[0]));
    const start = this.bytes.length;
    for (const value of values) this.one(type, value);
    const length = new PlainEncoder(this.little);
    length.integer(this.bytes.length - start, 4);
    this.bytes.splice(lengthAt, 4, ...length.bytes);
  }
}

/** Header fields by their code, each with its type and value. */
export type Fields = [code: number, type: string, value: unknown][];

export interface PlainMessage {
  little?: boolean;
  type?: number;
  flags?: number;
  version?: number;
  serial?: number;
  fields?: Fields;
  signature?: string;
  body?: readonly unknown[];
}

/** A signal, unless something else is said. */
export function encodePlainly(message: PlainMessage = {}): Uint8Array<ArrayBuffer> {
  const { little = true, type = 4, flags = 0, version = 1, serial = 1 } = message;
  const { signature = "", body = [] } = message;
  const fields = message.fields ?? SIGNAL_FIELDS;
  const all = signature === "" ? fields : [...fields, [8, "g", signature] as Fields[number]];
  const encodedBody = new PlainEncoder(little);
  encodedBody.all(signature, body);
  const encoder = new PlainEncoder(little);
  encoder.bytes.push((little ? "l" : "B").charCodeAt(0), type, flags, version);
  encoder.integer(encodedBody.bytes.length, 4);
  encoder.integer(serial, 4);
  encoder.array("(yv)", all.map(([code, type, value]) => [code, new Variant(type, value)]));
  encoder.pad(8);
  return Uint8Array.from([...encoder.bytes, ...encodedBody.bytes]);
}

export const SIGNAL_FIELDS: Fields = [[1, "o", "/a"], [2, "s", "a.b"], [3, "s", "c"]];
