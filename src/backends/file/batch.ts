import type { Backend, Entry, Secret } from "../../backend.ts";
import { Failure } from "../../errors.ts";
import type { EntryInfo } from "../../keyring.ts";
import {
  type FileDocument,
  type FileEntry,
  keyOf,
  LARGEST_FILE,
  makeEntry,
  secretOf,
} from "./document.ts";
import type { EncryptedFile, Opened } from "./encrypted_file.ts";

type Entries = FileDocument["entries"];

const NAME = "Encrypted file";
const LIMITS = { unit: "bytes", service: 131_071, username: 131_071 } as const;

/** A single call is a batch of one. */
export function backendOf(file: EncryptedFile): Backend {
  return {
    name: NAME,
    limits: LIMITS,
    read: (entry, signal) => inBatch(file, (batch) => batch.read(entry, signal), signal),
    write: (entry, secret, signal) =>
      inBatch(file, (batch) => batch.write(entry, secret, signal), signal),
    remove: (entry, signal) => inBatch(file, (batch) => batch.remove(entry, signal), signal),
    list: (service, signal) => inBatch(file, (batch) => batch.list(service, signal), signal),
    has: (entry, signal) => inBatch(file, (batch) => batch.has(entry, signal), signal),
    batch: (work, signal) => inBatch(file, work, signal),
  };
}

async function inBatch<T>(
  file: EncryptedFile,
  work: (batch: Batch) => Promise<T>,
  signal: AbortSignal | undefined,
): Promise<T> {
  const batch = new Batch(file, signal);
  try {
    const result = await work(batch);
    await batch.save();
    return result;
  } finally {
    batch.end();
  }
}

/**
 * The file, decrypted at the first call and encrypted once at the end. The lock is held for the
 * saving alone, so that no other writer waits for the work: the changes are made again on what the
 * file then holds.
 */
class Batch implements Backend {
  readonly name = NAME;
  readonly limits = LIMITS;
  readonly #file: EncryptedFile;
  readonly #signal: AbortSignal | undefined;
  readonly #changes = new Map<string, FileEntry | null>();
  /** Also when it fails: what failed once, such as a wrong passphrase, is not tried for each call. */
  #opened: Promise<Opened> | undefined;
  #ended = false;

  constructor(file: EncryptedFile, signal: AbortSignal | undefined) {
    this.#file = file;
    this.#signal = signal;
  }

  read(entry: Entry, signal?: AbortSignal): Promise<Secret | null> {
    return this.#use(signal, (entries) => {
      const found = entries.get(keyOf(entry));
      return found ? { bytes: secretOf(found) } : null;
    });
  }

  async write(entry: Entry, { bytes }: Secret, signal?: AbortSignal): Promise<Uint8Array[]> {
    if (bytes.length > LARGEST_FILE) {
      const details = { size: bytes.length, limit: LARGEST_FILE };
      throw new Failure("too-large", "the secret is too large", details);
    }
    const made = makeEntry(entry, bytes);
    return await this.#use(signal, (entries) => {
      this.#change(entries, keyOf(entry), made);
      return [];
    }, true);
  }

  remove(entry: Entry, signal?: AbortSignal): Promise<Uint8Array[] | null> {
    return this.#use(signal, (entries) => {
      const key = keyOf(entry);
      if (!entries.has(key)) return null;
      this.#change(entries, key, null);
      return [];
    }, true);
  }

  list(service: string | undefined, signal?: AbortSignal): Promise<EntryInfo[]> {
    return this.#use(signal, (entries) => {
      const all = [...entries.values()];
      return all.filter((entry) => service === undefined || entry.service === service).map(infoOf);
    });
  }

  has(entry: Entry, signal?: AbortSignal): Promise<boolean> {
    return this.#use(signal, (entries) => entries.has(keyOf(entry)));
  }

  async save(): Promise<void> {
    this.#ended = true;
    if (!this.#opened || this.#changes.size === 0) return;
    this.#signal?.throwIfAborted();
    const again = ({ entries }: FileDocument) => {
      for (const [key, entry] of this.#changes) apply(entries, key, entry);
    };
    await this.#file.change(await this.#opened, again, { signal: this.#signal });
  }

  end(): void {
    this.#ended = true;
    this.#opened = undefined;
    this.#changes.clear();
  }

  /** `use` is not async: between its check and its change the batch cannot end. */
  async #use<T>(
    signal: AbortSignal | undefined,
    use: (entries: Entries) => T,
    isWrite = false,
  ): Promise<T> {
    const check = () => {
      if (this.#ended) throw new Failure("other", "the batch has ended");
      this.#signal?.throwIfAborted();
      signal?.throwIfAborted();
    };
    check();
    const { document } = await (this.#opened ??= this.#file.open(this.#signal, isWrite));
    check();
    return use(document.entries);
  }

  #change(entries: Entries, key: string, entry: FileEntry | null): void {
    apply(entries, key, entry);
    this.#changes.set(key, entry);
  }
}

function apply(entries: Entries, key: string, entry: FileEntry | null): void {
  if (entry) entries.set(key, entry);
  else entries.delete(key);
}

function infoOf({ service, username, modified }: FileEntry): EntryInfo {
  return { service, username, ...(modified !== undefined && { modified: new Date(modified) }) };
}
