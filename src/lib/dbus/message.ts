import { DBusFormatError } from "./errors.ts";
import { Reader } from "./reader.ts";
import {
  isBusName,
  isInterface,
  isMember,
  isObjectPath,
  parseSignature,
  type Type,
  Variant,
} from "./types.ts";
import { Writer } from "./writer.ts";

export const CALL = 1;
export const RETURN = 2;
export const ERROR = 3;
export const SIGNAL = 4;

export const NO_REPLY_EXPECTED = 1;

export interface Message {
  type: number;
  flags?: number | undefined;
  serial: number;
  path?: string | undefined;
  interface?: string | undefined;
  member?: string | undefined;
  errorName?: string | undefined;
  replySerial?: number | undefined;
  destination?: string | undefined;
  sender?: string | undefined;
  signature?: string | undefined;
  unixFds?: number | undefined;
  body?: readonly unknown[] | undefined;
}

type Field = Exclude<keyof Message, "type" | "flags" | "serial" | "body">;

// By their code, from 1 on.
const FIELDS: readonly [Field, string, ((value: string) => boolean)?][] = [
  ["path", "o"],
  ["interface", "s", isInterface],
  ["member", "s", isMember],
  ["errorName", "s", isInterface],
  ["replySerial", "u"],
  ["destination", "s", isBusName],
  ["sender", "s", isBusName],
  ["signature", "g"],
  ["unixFds", "u"],
];
const REQUIRED: readonly (readonly Field[])[] = [
  [],
  ["path", "member"],
  ["replySerial"],
  ["errorName", "replySerial"],
  ["path", "interface", "member"],
];

const HEADER = parseSignature("yyyyuu");
const [FIELD_ARRAY] = parseSignature("a(yv)") as [Type];
const HEADER_BYTES = 16;
const LITTLE_ENDIAN = 0x6c;
const BIG_ENDIAN = 0x42;
const VERSION = 1;
const MAX_MESSAGE_BYTES = 128 * 1024 * 1024;

export function encodeMessage(message: Message): Uint8Array<ArrayBuffer> {
  checkFields(message);
  const writer = new Writer();
  const header = [LITTLE_ENDIAN, message.type, message.flags ?? 0, VERSION, 0, message.serial];
  const fields = FIELDS.flatMap(([name, type], index) => {
    const value = message[name];
    return value === undefined ? [] : [[index + 1, new Variant(type, value)]];
  });
  const types = parseSignature(message.signature ?? "");
  const body = message.body ?? [];
  if (types.length !== body.length) throw new DBusFormatError("A body does not fit its signature");
  try {
    HEADER.forEach((type, index) => writer.write(type, header[index]));
    writer.write(FIELD_ARRAY, fields);
    writer.align(8);
    const start = writer.size;
    types.forEach((type, index) => writer.write(type, body[index]));
    writer.patch(4, writer.size - start);
    if (writer.size > MAX_MESSAGE_BYTES) throw new DBusFormatError("A message is too large");
  } catch (error) {
    writer.wipe();
    throw error;
  }
  return writer.take();
}

/** The size of the message that begins here; `undefined` as long as too little of it is there. */
export function messageSize(bytes: Uint8Array): number | undefined {
  if (bytes.length < HEADER_BYTES) return undefined;
  const [order, , , version] = bytes;
  if ((order !== LITTLE_ENDIAN && order !== BIG_ENDIAN) || version !== VERSION) {
    throw new DBusFormatError("This is not a D-Bus message");
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, HEADER_BYTES);
  const bodyLength = view.getUint32(4, order === LITTLE_ENDIAN);
  const fieldsLength = view.getUint32(12, order === LITTLE_ENDIAN);
  const size = HEADER_BYTES + Math.ceil(fieldsLength / 8) * 8 + bodyLength;
  if (size > MAX_MESSAGE_BYTES) throw new DBusFormatError("A message is too large");
  return size;
}

/** Decodes exactly one whole message. */
export function decodeMessage(bytes: Uint8Array): Message {
  if (messageSize(bytes) !== bytes.length) throw new DBusFormatError("A message is cut off");
  const reader = new Reader(bytes, bytes[0] === LITTLE_ENDIAN);
  const [, type, flags, , , serial] = HEADER.map((part) => reader.read(part)) as number[];
  const message: Message & Record<string, unknown> = {
    type: type ?? 0,
    flags,
    serial: serial ?? 0,
  };
  const fields = reader.read(FIELD_ARRAY) as [number, Variant][];
  for (const [code, { signature, value }] of fields) {
    const [name, expected] = FIELDS[code - 1] ?? [];
    if (code === 0 || (name && signature !== expected)) {
      throw new DBusFormatError("A header field is invalid");
    }
    if (name) message[name] = value as never;
  }
  checkFields(message);
  reader.align(8);
  message.body = parseSignature(message.signature ?? "").map((part) => reader.read(part));
  if (reader.left > 0) throw new DBusFormatError("A message is longer than its body");
  return message;
}

function checkFields(message: Message): void {
  if (message.type === 0 || message.serial === 0 || message.replySerial === 0) {
    throw new DBusFormatError("A message has an invalid type or serial");
  }
  // Never negotiated, so that none can come.
  if (message.unixFds) throw new DBusFormatError("File descriptors are not supported");
  for (const name of REQUIRED[message.type] ?? []) {
    if (message[name] === undefined) throw new DBusFormatError(`A message has no ${name}`);
  }
  for (const [name, , isValid = isObjectPath] of FIELDS) {
    const value = message[name];
    if (typeof value !== "string" || name === "signature") continue;
    if (!isValid(value)) throw new DBusFormatError(`A message has an invalid ${name}`);
  }
}
