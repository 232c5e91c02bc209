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

const encoder = new TextEncoder();
/** Bytes of UTF-8 for a unit of UTF-16. */
const MOST_BYTES_PER_UNIT = 3;

const SIGNATURE = parseSingleType("g");

/** Marshals values, little endian. Errors never quote a value: it may be a secret. */
export class Writer {
  #bytes = new Uint8Array(512);
  #view = new DataView(this.#bytes.buffer);
  size = 0;

  take(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(0, this.size);
  }

  wipe(): void {
    this.#bytes.fill(0);
  }

  patch(offset: number, value: number): void {
    this.#view.setUint32(offset, value, true);
  }

  align(alignment: number): void {
    this.#reserve(-this.size & (alignment - 1));
  }

  write(type: Type, value: unknown, depth = 0): void {
    if (depth > MAX_VALUE_DEPTH) throw new DBusFormatError("A value nests too deep");
    this.align(type.alignment);
    switch (type.code) {
      case "b":
        if (typeof value !== "boolean") throw mismatch(type);
        return this.patch(this.#reserve(4), Number(value));
      case "s":
        return this.#text(type, value);
      case "o":
        if (!isObjectPath(`${value}`)) throw new DBusFormatError("An object path is invalid");
        return this.#text(type, value);
      case "g":
        parseSignature(`${value}`);
        return this.#text(type, value);
      case "v":
        if (!(value instanceof Variant)) throw mismatch(type);
        this.#text(SIGNATURE, value.signature);
        return this.write(parseSingleType(value.signature), value.value, depth + 1);
      case "a":
        return this.#array(type, value, depth + 1);
      case "(":
      case "{":
        return this.#fields(type, value, depth + 1);
      case "h":
        throw new DBusFormatError("File descriptors are not supported");
      default:
        return this.#number(type, value);
    }
  }

  #number(type: Type, value: unknown): void {
    const [get, set] = NUMBERS[type.code as keyof typeof NUMBERS];
    const isBig = type.code === "x" || type.code === "t";
    if (isBig ? typeof value !== "bigint" : typeof value !== "number") throw mismatch(type);
    const at = this.#reserve(type.alignment);
    this.#view[set](at, value as never, true);
    const stored = this.#view[get](at, true);
    if (!Object.is(stored, value)) throw new DBusFormatError("A number is out of range");
  }

  #text(type: Type, value: unknown): void {
    if (typeof value !== "string") throw mismatch(type);
    // The bus would close the connection; and TextEncoder makes U+FFFD of a lone surrogate.
    if (value.includes("\0") || !value.isWellFormed()) {
      throw new DBusFormatError("A string must be valid Unicode without NUL");
    }
    const isShort = type.code === "g";
    const lengthAt = this.#reserve(isShort ? 1 : 4);
    const at = this.#reserve(value.length * MOST_BYTES_PER_UNIT + 1);
    const written = this.#ascii(value, at)
      ? value.length
      : encoder.encodeInto(value, this.#bytes.subarray(at)).written;
    this.size = at + written + 1;
    if (isShort) this.#bytes[lengthAt] = written;
    else this.patch(lengthAt, written);
  }

  /** Writes text that is ASCII, for which the encoder takes longer; else returns `false`. */
  #ascii(text: string, at: number): boolean {
    const bytes = this.#bytes;
    for (let index = 0; index < text.length; index++) {
      const code = text.charCodeAt(index);
      if (code > 127) return false;
      bytes[at + index] = code;
    }
    return true;
  }

  #array(type: Type, value: unknown, depth: number): void {
    const [item] = type.items as [Type];
    const lengthAt = this.#reserve(4);
    this.align(item.alignment);
    const start = this.size;
    if (item.code === "y") {
      if (!(value instanceof Uint8Array)) throw mismatch(type);
      this.#raw(value);
    } else {
      const isMap = value instanceof Map;
      if (isMap !== (item.code === "{") || !(isMap || Array.isArray(value))) throw mismatch(type);
      for (const element of value) this.write(item, element, depth);
    }
    const length = this.size - start;
    if (length > MAX_ARRAY_BYTES) throw new DBusFormatError("An array is too large");
    this.patch(lengthAt, length);
  }

  #fields(type: Type, value: unknown, depth: number): void {
    if (!Array.isArray(value) || value.length !== type.items.length) throw mismatch(type);
    type.items.forEach((item, index) => this.write(item, value[index], depth));
  }

  #raw(bytes: Uint8Array): void {
    const at = this.#reserve(bytes.length);
    this.#bytes.set(bytes, at);
  }

  /** Appends zero bytes, and returns where they begin. */
  #reserve(count: number): number {
    const at = this.size;
    this.size += count;
    if (this.size > this.#bytes.length) {
      const old = this.#bytes;
      this.#bytes = new Uint8Array(Math.max(old.length * 2, this.size));
      this.#bytes.set(old);
      this.#view = new DataView(this.#bytes.buffer);
      old.fill(0);
    }
    return at;
  }
}

function mismatch({ code }: Type): DBusFormatError {
  return new DBusFormatError(`A value does not fit the type "${code}"`);
}
