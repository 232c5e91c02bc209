import type { Place } from "./path_template.ts";

/** Secrets that were read, for a while, in memory. */
export class Cache {
  /** Counts what was forgotten: what was read before that may be older. */
  generation = 0;
  readonly #kept = new Map<string, { bytes: Uint8Array; timer: ReturnType<typeof setTimeout> }>();

  constructor(private readonly ms: number) {}

  get(place: Place): Uint8Array | undefined {
    return this.#kept.get(keyOf(place))?.bytes.slice();
  }

  keep(place: Place, bytes: Uint8Array, generation: number): void {
    if (this.ms <= 0 || generation !== this.generation) return;
    this.#forget(keyOf(place));
    const timer = setTimeout(() => this.forget(place), this.ms);
    // It does not keep the process alive.
    Deno.unrefTimer(timer);
    this.#kept.set(keyOf(place), { bytes: bytes.slice(), timer });
  }

  forget(place: Place): void {
    this.generation++;
    this.#forget(keyOf(place));
  }

  clear(): void {
    for (const key of [...this.#kept.keys()]) this.#forget(key);
  }

  #forget(key: string): void {
    const kept = this.#kept.get(key);
    if (!kept) return;
    clearTimeout(kept.timer);
    kept.bytes.fill(0);
    this.#kept.delete(key);
  }
}

function keyOf({ path, field }: Place): string {
  return `${path}#${field}`;
}
