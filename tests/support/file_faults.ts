// Counts the calls to the file system, and interferes with one of them.

type Call = (...args: unknown[]) => unknown;

const FUNCTIONS = ["open", "rename", "link", "copyFile", "remove", "realPath", "stat", "lstat"];
const METHODS = ["read", "write", "sync", "tryLock", "stat"];

/** Interferes with the calls of the file system until it is disposed of. */
export class FileFaults implements Disposable {
  /** How many calls there were. */
  calls = 0;
  readonly #originals: [Record<string, Call>, string, Call][] = [];

  /**
   * @param at The call to interfere with, counted from 0.
   * @param when Whether before it or after it has done its work.
   * @param interfere What to do: throw, or end the process.
   */
  constructor(readonly at: number, readonly when: string, readonly interfere: () => void) {
    for (const name of FUNCTIONS) this.#patch(Deno, name);
    for (const name of METHODS) this.#patch(Deno.FsFile.prototype, name);
  }

  #patch(owner: unknown, name: string): void {
    const object = owner as Record<string, Call>;
    const original = object[name] as Call;
    this.#originals.push([object, name, original]);
    // deno-lint-ignore no-this-alias -- the method needs its own
    const faults = this;
    object[name] = function (this: unknown, ...args: unknown[]) {
      const hit = faults.calls++ === faults.at;
      if (hit && faults.when === "before") faults.interfere();
      const result = original.apply(this, args);
      if (!hit || faults.when === "before") return result;
      return (result as Promise<unknown>).then((value) => {
        if (value instanceof Deno.FsFile) value.close();
        faults.interfere();
      });
    };
  }

  [Symbol.dispose](): void {
    for (const [object, name, original] of this.#originals) object[name] = original;
  }
}
