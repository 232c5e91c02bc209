import type { FileKey } from "./age.ts";

interface Kept {
  key: FileKey;
  file: Uint8Array;
  plaintext: Uint8Array;
}

export class Memory {
  #kept: Kept | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly ms: number) {}

  get key(): FileKey | undefined {
    return this.#kept?.key;
  }

  plaintextOf(file: Uint8Array): Uint8Array | undefined {
    return this.#kept && isSame(this.#kept.file, file) ? this.#kept.plaintext : undefined;
  }

  keep(file: Uint8Array, plaintext: Uint8Array, key: FileKey): void {
    this.forget();
    if (this.ms <= 0) return;
    this.#kept = { key, file, plaintext: plaintext.slice() };
    const timer = setTimeout(() => this.forget(), this.ms);
    // It keeps no process from ending.
    Deno.unrefTimer(timer);
    this.#timer = timer;
  }

  forget(): void {
    clearTimeout(this.#timer);
    this.#kept?.plaintext.fill(0);
    this.#kept = undefined;
  }
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}
