// The line that a person types or pastes at a hidden prompt, byte by byte. Knows no terminal.

import { grow } from "./read_password.ts";

/** The result of the bytes: `"more"` is expected, or a key that ends or leaves the line. */
export type LineState = "more" | "enter" | "end" | "interrupt" | "suspend";

const BACKSPACES = [0x08, 0x7f];
const INTERRUPT = 0x03;
const END = 0x04;
const TAB = 0x09;
const LINE_FEED = 0x0a;
const RETURN = 0x0d;
const ERASE = 0x15;
const SUSPEND = 0x1a;
const ESCAPE = 0x1b;
const SPACE = 0x20;

// What a terminal sends around a paste once bracketed paste is on.
const PASTE_START = "[200~";
const PASTE_END = new TextEncoder().encode("\x1b[201~");

// Typed as one character together with the preceding one: accents, variation selectors, skin tones.
const JOINS_PREVIOUS = /^[\p{M}\p{Emoji_Modifier}\u200d]$/u;
const JOINER = "\u200d";

export class LineEditor {
  #bytes: Uint8Array = new Uint8Array(256);
  #length = 0;
  /** The part of a key's sequence received so far, without its escape. */
  #sequence: string | undefined;
  #pasteStart: number | undefined;
  refused = false;

  /** `canSuspend`: whether the system has shells that can stop and continue a program. */
  constructor(private readonly canSuspend = false) {}

  /** The bytes typed so far: a view that {@linkcode LineEditor.clear} overwrites. */
  get bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  get inPaste(): boolean {
    return this.#pasteStart !== undefined;
  }

  /** Whether a key's sequence has begun, or only the Escape key was pressed. */
  get inSequence(): boolean {
    return this.#sequence !== undefined;
  }

  /** Takes bytes up to the key that ends the line, and returns how many. */
  feed(bytes: Uint8Array): { state: LineState; taken: number } {
    for (const [index, byte] of bytes.entries()) {
      const state = this.#take(byte);
      if (state !== "more") return { state, taken: index + 1 };
    }
    return { state: "more", taken: bytes.length };
  }

  /** Nothing came for some time, so the escape was the Escape key. */
  endSequence(): void {
    this.#sequence = undefined;
  }

  clear(): void {
    this.#bytes.fill(0);
    this.#length = 0;
  }

  #take(byte: number): LineState {
    if (this.inPaste) {
      this.#paste(byte);
      return "more";
    }
    if (byte === INTERRUPT) return "interrupt";
    if (byte === END) return "end";
    if (byte === SUSPEND && this.canSuspend) return "suspend";
    if (byte === LINE_FEED || byte === RETURN) return "enter";
    if (this.#takesSequence(byte)) return "more";
    if (BACKSPACES.includes(byte)) this.#erase();
    else if (byte === ERASE) this.clear();
    else if (byte === ESCAPE) this.#sequence = "";
    else if (byte < SPACE && byte !== TAB) this.refused = true;
    else this.#append(byte);
    return "more";
  }

  // Arrow keys and the like must not end up in a hidden password.
  #takesSequence(byte: number): boolean {
    if (this.#sequence === undefined) return false;
    this.#sequence += String.fromCharCode(byte);
    if (/^(O|\[[^@-~]*)$/.test(this.#sequence)) return true;
    const sequence = this.#sequence;
    this.#sequence = undefined;
    if (sequence === PASTE_START) this.#pasteStart = this.#length;
    else this.refused ||= sequence.length > 1;
    return sequence.length > 1;
  }

  #paste(byte: number): void {
    this.#append(byte);
    const start = this.#length - PASTE_END.length;
    if (start < (this.#pasteStart ?? 0)) return;
    if (PASTE_END.every((expected, index) => this.#bytes[start + index] === expected)) {
      this.#truncate(start);
      this.#endPaste();
    }
  }

  // A terminal pastes each line break as a carriage return. The last one ends the text.
  #endPaste(): void {
    let end = this.#pasteStart ?? 0;
    const start = end;
    for (let from = start; from < this.#length; from++) {
      const byte = this.#bytes[from] ?? 0;
      this.#bytes[end++] = byte === RETURN ? LINE_FEED : byte;
      if (byte === RETURN && this.#bytes[from + 1] === LINE_FEED) from++;
    }
    if (end > start && this.#bytes[end - 1] === LINE_FEED) end--;
    this.#truncate(end);
    this.#pasteStart = undefined;
  }

  #append(byte: number): void {
    if (this.#length === this.#bytes.length) this.#bytes = grow(this.#bytes);
    this.#bytes[this.#length++] = byte;
  }

  #truncate(length: number): void {
    this.#bytes.fill(0, length, this.#length);
    this.#length = length;
  }

  #erase(): void {
    let erased = this.#eraseCodePoint();
    while (JOINS_PREVIOUS.test(erased) || this.#last() === JOINER) erased = this.#eraseCodePoint();
  }

  #eraseCodePoint(): string {
    const start = this.#lastStart();
    const character = new TextDecoder().decode(this.#bytes.subarray(start, this.#length));
    this.#truncate(start);
    return character;
  }

  #last(): string {
    return new TextDecoder().decode(this.#bytes.subarray(this.#lastStart(), this.#length));
  }

  #lastStart(): number {
    let start = Math.max(0, this.#length - 1);
    while (start > 0 && ((this.#bytes[start] ?? 0) & 0xc0) === 0x80) start--;
    return start;
  }
}
