/**
 * What an encrypted file keeps in memory between two calls: by default nothing.
 *
 * @module
 */

import type { FileKey } from "./age.ts";

interface Kept {
  key: FileKey;
  file: Uint8Array;
  plaintext: Uint8Array;
}

/** Key and content of an open encrypted file, for a time. */
export class Memory {
  #kept: Kept | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /**
   * @param ms For how long, in milliseconds, from the last time that the encrypted file was opened or
   *   written; 0 keeps nothing.
   */
  constructor(private readonly ms: number) {}

  /** The key that opened the encrypted file last. */
  get key(): FileKey | undefined {
    return this.#kept?.key;
  }

  /**
   * Tells what a file holds, when it is the very one that was opened last.
   *
   * @param file The encrypted file.
   * @returns The content, not to be changed, or `undefined`.
   */
  plaintextOf(file: Uint8Array): Uint8Array | undefined {
    return this.#kept && isSame(this.#kept.file, file) ? this.#kept.plaintext : undefined;
  }

  /**
   * Keeps an open encrypted file.
   *
   * @param file The encrypted file.
   * @param plaintext Its content; copied.
   * @param key Its key.
   */
  keep(file: Uint8Array, plaintext: Uint8Array, key: FileKey): void {
    this.forget();
    if (this.ms <= 0) return;
    this.#kept = { key, file, plaintext: plaintext.slice() };
    const timer = setTimeout(() => this.forget(), this.ms);
    // It keeps no process from ending.
    Deno.unrefTimer(timer);
    this.#timer = timer;
  }

  /** Forgets everything. */
  forget(): void {
    clearTimeout(this.#timer);
    this.#kept?.plaintext.fill(0);
    this.#kept = undefined;
  }
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}
