import { DBusFormatError } from "./errors.ts";
import {
  isObjectPath,
  MAX_ARRAY_BYTES,
  MAX_VALUE_DEPTH,
  NUMBERS,
  parseSignature,
  parseSingleType,
  type Type,
  Variant,
} from "./types.ts";

// A few bytes of a message become an object of a hundred: without a limit, a message of 128 MiB
// would need gigabytes.
const MAX_VALUES = 250_000;

// Names are short and ASCII; for them a decoder takes longer.
const SHORT = 128;

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Unmarshals values of either byte order. Bytes are copied: the caller wipes its buffer. */
export class Reader {
  #bytes: Uint8Array;
  #view: DataView;
  #little: boolean;
  #at = 0;
  #values = 0;

  constructor(bytes: Uint8Array, little: boolean) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#little = little;
  }

  get left(): number {
    return this.#bytes.length - this.#at;
  }

  align(alignment: number): void {
    const start = this.#take(-this.#at & (alignment - 1));
    for (let at = start; at < this.#at; at++) {
      if (this.#bytes[at] !== 0) throw new DBusFormatError("Padding is not zero");
    }
  }

  read(type: Type, depth = 0): unknown {
    if (depth > MAX_VALUE_DEPTH) throw new DBusFormatError("A value nests too deep");
    if (++this.#values > MAX_VALUES) throw new DBusFormatError("A message has too many values");
    this.align(type.alignment);
    switch (type.code) {
      case "b":
        return this.#boolean();
      case "s":
        return this.#text(this.#uint32());
      case "o":
        return this.#path();
      case "g":
        return this.#signature();
      case "v": {
        const signature = this.#signature();
        return new Variant(signature, this.read(parseSingleType(signature), depth + 1));
      }
      case "a":
        return this.#array(type, depth + 1);
      case "(":
      case "{":
        return type.items.map((item) => this.read(item, depth + 1));
      default:
        return this.#number(type);
    }
  }

  #number({ code, alignment }: Type): number | bigint {
    const [get] = NUMBERS[code as keyof typeof NUMBERS];
    return this.#view[get](this.#take(alignment), this.#little);
  }

  #uint32(): number {
    return this.#view.getUint32(this.#take(4), this.#little);
  }

  #boolean(): boolean {
    const value = this.#uint32();
    if (value > 1) throw new DBusFormatError("A boolean is neither 0 nor 1");
    return value === 1;
  }

  #path(): string {
    const path = this.#text(this.#uint32());
    if (!isObjectPath(path)) throw new DBusFormatError("An object path is invalid");
    return path;
  }

  #signature(): string {
    const signature = this.#text(this.#view.getUint8(this.#take(1)));
    parseSignature(signature);
    return signature;
  }

  #text(length: number): string {
    const at = this.#take(length);
    const end = this.#at;
    if (this.#bytes[this.#take(1)] !== 0) throw new DBusFormatError("A string has no end");
    const text = decode(this.#bytes.subarray(at, end));
    if (text.includes("\0")) throw new DBusFormatError("A string contains NUL");
    return text;
  }

  #array(type: Type, depth: number): unknown {
    const [item] = type.items as [Type];
    const length = this.#uint32();
    if (length > MAX_ARRAY_BYTES) throw new DBusFormatError("An array is too large");
    this.align(item.alignment);
    if (length > this.left) throw new DBusFormatError("A message is cut off");
    const end = this.#at + length;
    if (item.code === "y") return this.#bytes.slice(this.#take(length), end);
    const elements: unknown[] = [];
    while (this.#at < end) elements.push(this.read(item, depth));
    if (this.#at > end) throw new DBusFormatError("An array does not end with an element");
    return item.code === "{" ? new Map(elements as [unknown, unknown][]) : elements;
  }

  /** Moves on, and returns where it was. */
  #take(count: number): number {
    if (count > this.left) throw new DBusFormatError("A message is cut off");
    const at = this.#at;
    this.#at += count;
    return at;
  }
}

function decode(bytes: Uint8Array): string {
  if (bytes.length <= SHORT) {
    let text = "";
    for (const byte of bytes) {
      if (byte > 127) break;
      text += String.fromCharCode(byte);
    }
    if (text.length === bytes.length) return text;
  }
  try {
    return decoder.decode(bytes);
  } catch {
    throw new DBusFormatError("A string is not UTF-8");
  }
}
