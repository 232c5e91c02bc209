/** Secrets that were read, for a while, in memory. */
export class SecretCache {
  /** Counts invalidations: what was read before one may be outdated. */
  generation = 0;
  readonly #kept = new Map<string, { bytes: Uint8Array; timer: ReturnType<typeof setTimeout> }>();

  constructor(private readonly ms: number) {}

  get(key: string): Uint8Array | undefined {
    return this.#kept.get(key)?.bytes.slice();
  }

  keep(key: string, bytes: Uint8Array, generation: number): void {
    if (!(this.ms > 0) || generation !== this.generation) return;
    this.#forget(key);
    const timer = setTimeout(() => this.forget(key), this.ms);
    // It does not keep the process alive.
    Deno.unrefTimer(timer);
    this.#kept.set(key, { bytes: bytes.slice(), timer });
  }

  forget(key: string): void {
    this.generation++;
    this.#forget(key);
  }

  clear(): void {
    this.generation++;
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
