// The line that a person types at a hidden prompt, byte by byte. Knows no terminal.

import { grow } from "./read_password.ts";

/** What the bytes came to: `"more"` is expected, or one of the keys that end the line. */
export type LineState = "more" | "enter" | "end" | "interrupt";

const BACKSPACES = [0x08, 0x7f];
const INTERRUPT = 0x03;
const END = 0x04;
const TAB = 0x09;
const ENTERS = [0x0a, 0x0d];
const ERASE = 0x15;
const ESCAPE = 0x1b;
const SPACE = 0x20;

// Typed as one character with the one before it: accents, variation selectors, skin tones.
const JOINS_PREVIOUS = /^[\p{M}\p{Emoji_Modifier}\u200d]$/u;
const JOINER = "\u200d";

export class LineEditor {
  #bytes: Uint8Array = new Uint8Array(256);
  #length = 0;
  #escape: "none" | "started" | "sequence" | "letter" = "none";
  refused = false;

  /** The bytes typed so far: a view that {@linkcode LineEditor.clear} overwrites. */
  get bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  feed(bytes: Uint8Array): LineState {
    for (const byte of bytes) {
      const state = this.#take(byte);
      if (state !== "more") return state;
    }
    // A terminal sends a key's sequence at once: an escape at the end is the Escape key alone.
    if (this.#escape === "started") this.#escape = "none";
    return "more";
  }

  clear(): void {
    this.#bytes.fill(0);
    this.#length = 0;
  }

  #take(byte: number): LineState {
    if (byte === INTERRUPT) return "interrupt";
    if (byte === END) return "end";
    if (ENTERS.includes(byte)) return "enter";
    if (this.#skipsEscape(byte)) return "more";
    if (BACKSPACES.includes(byte)) this.#erase();
    else if (byte === ERASE) this.clear();
    else if (byte === ESCAPE) this.#escape = "started";
    else if (byte < SPACE && byte !== TAB) this.refused = true;
    else this.#append(byte);
    return "more";
  }

  // The arrow keys and their like must not end up in a password that nobody sees.
  #skipsEscape(byte: number): boolean {
    switch (this.#escape) {
      case "none":
        return false;
      case "started":
        this.#escape = byte === 0x5b ? "sequence" : byte === 0x4f ? "letter" : "none";
        this.refused ||= this.#escape !== "none";
        return this.#escape !== "none";
      case "letter":
        this.#escape = "none";
        return true;
      case "sequence":
        if (byte >= 0x40 && byte <= 0x7e) this.#escape = "none";
        return true;
    }
  }

  #append(byte: number): void {
    if (this.#length === this.#bytes.length) this.#bytes = grow(this.#bytes);
    this.#bytes[this.#length++] = byte;
  }

  #erase(): void {
    let erased = this.#eraseCodePoint();
    while (JOINS_PREVIOUS.test(erased) || this.#last() === JOINER) erased = this.#eraseCodePoint();
  }

  #eraseCodePoint(): string {
    const start = this.#lastStart();
    const character = new TextDecoder().decode(this.#bytes.subarray(start, this.#length));
    this.#bytes.fill(0, start, this.#length);
    this.#length = start;
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
