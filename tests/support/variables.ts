// Environment variables for the length of a test.

/** Sets variables, unsets those that are `undefined`, and puts all of them back afterwards. */
export class Variables implements Disposable {
  readonly #saved: [string, string | undefined][] = [];

  constructor(values: Record<string, string | undefined>) {
    for (const [name, value] of Object.entries(values)) {
      this.#saved.push([name, Deno.env.get(name)]);
      set(name, value);
    }
  }

  [Symbol.dispose](): void {
    for (const [name, value] of this.#saved) set(name, value);
  }
}

function set(name: string, value: string | undefined): void {
  if (value === undefined) Deno.env.delete(name);
  else Deno.env.set(name, value);
}

/** No encrypted file is configured. */
export const NO_FILE = {
  KEYRING_FILE: undefined,
  KEYRING_FILE_IDENTITY: undefined,
  KEYRING_FILE_PASSPHRASE_FILE: undefined,
  KEYRING_FILE_PASSPHRASE: undefined,
  KEYRING_FILE_TRUST_PERMISSIONS: undefined,
};
