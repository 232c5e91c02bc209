// Entries as files of a password store: the password is the first line. Each write keeps the others.

import type { Backend, Entry, Secret } from "../../backend.ts";
import { Failure } from "../../errors.ts";
import { concat } from "../../lib/bytes.ts";
import { Semaphore } from "../../lib/semaphore.ts";
import { fromStoredForm, toStoredForm } from "../../lib/stored_form.ts";
import { makeChange } from "./change.ts";
import { StoreFiles } from "./files.ts";
import { Git } from "./git.ts";
import { Gpg } from "./gpg.ts";
import { listAll, listFolder, pruneAll } from "./listing.ts";
import { findRoot } from "./location.ts";
import { checkLength, entryAt, folderOf, pathOf } from "./names.ts";
import type { PassOptions } from "./options.ts";
import { findRecipients } from "./recipients.ts";

const LARGEST_SECRET = 1024 * 1024;
const TIMEOUT_MS = 60_000;
const ATTEMPTS = 20;
const NEWLINE = 0x0a;
const RETURN = 0x0d;

// A change starts from what the one before left, and git lets one process at a time change its index.
const changes = new Semaphore(1);

export class PassBackend implements Backend {
  readonly name = "pass";
  readonly limits = { unit: "bytes", service: 1_024, username: 240 } as const;
  readonly maxSecretBytes = LARGEST_SECRET;
  readonly #folder: string | undefined;
  readonly #gpg: Gpg;
  readonly #timeoutMs: number;

  constructor({ folder, gpgHome, timeoutMs = TIMEOUT_MS }: PassOptions) {
    this.#folder = folder;
    this.#timeoutMs = timeoutMs;
    this.#gpg = new Gpg({ home: gpgHome, timeoutMs });
  }

  async read(entry: Entry, signal?: AbortSignal): Promise<Secret | null> {
    const path = checkedPath(entry);
    const ciphertext = await this.#files().read(path);
    if (!ciphertext) return null;
    const plaintext = await this.#gpg.decrypt(ciphertext, path, signal);
    const first = plaintext.slice(0, endOfLine(plaintext));
    plaintext.fill(0);
    return { bytes: fromStoredForm(first) };
  }

  async write(entry: Entry, { bytes }: Secret, signal?: AbortSignal): Promise<Uint8Array[]> {
    const [size, limit] = [bytes.length, LARGEST_SECRET];
    if (size > limit) throw new Failure("too-large", "", { size, limit });
    const first = toStoredForm(bytes, hasLineBreak);
    try {
      await changes.run(signal, () => this.#write(entry, first, signal));
    } finally {
      first.fill(0);
    }
    return [];
  }

  async remove(entry: Entry, signal?: AbortSignal): Promise<Uint8Array[] | null> {
    return await changes.run(signal, () => this.#remove(entry, signal));
  }

  async list(service: string | undefined): Promise<Entry[]> {
    const { root } = this.#files();
    const paths = service === undefined
      ? await Array.fromAsync(listAll(root))
      : await listFolder(root, folderOf(service));
    return paths.map(entryAt).filter((entry) => entry !== undefined);
  }

  async has(entry: Entry): Promise<boolean> {
    return await this.#files().has(checkedPath(entry));
  }

  // The file systems of macOS take them for the same name.
  keyOf(entry: Entry): string {
    const path = pathOf(entry);
    return Deno.build.os === "darwin" ? path.normalize("NFD").toLowerCase() : path;
  }

  async prune(graceMs: number): Promise<number> {
    return await pruneAll(this.#files().root, graceMs);
  }

  #files(): StoreFiles {
    return new StoreFiles(findRoot(this.#folder));
  }

  async #write(entry: Entry, first: Uint8Array, signal?: AbortSignal): Promise<void> {
    const path = checkedPath(entry);
    const files = this.#files();
    const file = await files.follow(await files.place(path), path);
    const git = await this.#repository(files, file);
    const recipients = await findRecipients(files.root, path, this.#gpg, signal);
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const old = await files.read(path);
      const rest = old ? await this.#furtherLines(old, path, signal) : Uint8Array.of(NEWLINE);
      const ciphertext = await this.#encrypt([first, rest], recipients, signal);
      const change = { path, file, old, new: ciphertext };
      if (await makeChange(files, git, change, signal)) return;
    }
    throw new Failure("other", "other processes keep changing it", { advice: "Try again." });
  }

  async #remove(entry: Entry, signal?: AbortSignal): Promise<Uint8Array[] | null> {
    const path = checkedPath(entry);
    const files = this.#files();
    const old = await files.read(path);
    if (!old) return null;
    const file = await files.place(path);
    const git = await this.#repository(files, file);
    await makeChange(files, git, { path, file, old, new: null }, signal);
    return [];
  }

  async #repository(files: StoreFiles, file: string): Promise<Git | undefined> {
    return await Git.find(await Deno.realPath(files.root), file, this.#timeoutMs);
  }

  async #furtherLines(old: Uint8Array, path: string, signal?: AbortSignal): Promise<Uint8Array> {
    const plaintext = await this.#gpg.decrypt(old, path, signal);
    const rest = plaintext.slice(endOfLine(plaintext));
    plaintext.fill(0);
    return rest;
  }

  async #encrypt(
    lines: Uint8Array[],
    recipients: string[],
    signal?: AbortSignal,
  ): Promise<Uint8Array> {
    const plaintext = concat(lines);
    try {
      return await this.#gpg.encrypt(plaintext, recipients, signal);
    } finally {
      plaintext.fill(0);
      lines.at(-1)?.fill(0);
    }
  }
}

function checkedPath(entry: Entry): string {
  const path = pathOf(entry);
  checkLength(path);
  return path;
}

function endOfLine(bytes: Uint8Array): number {
  const newline = bytes.indexOf(NEWLINE);
  return newline < 0 ? bytes.length : newline;
}

function hasLineBreak(bytes: Uint8Array): boolean {
  return bytes.includes(NEWLINE) || bytes.includes(RETURN);
}
