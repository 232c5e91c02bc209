import { allowFlag } from "../lib/shell.ts";
import type { Input } from "./command.ts";
import { messageOf, writeAll } from "./output.ts";
import { CommandError } from "./usage_error.ts";

export async function openToRead(path: string): Promise<Pick<Input, "read"> & Disposable> {
  const explain = (error: unknown) => {
    throw fileError("read", path, error, readAdvice(path));
  };
  const file = await Deno.open(path).catch(explain);
  return {
    read: async (buffer) => await file.read(buffer).catch(explain),
    [Symbol.dispose]: () => file.close(),
  };
}

/**
 * The destination of an export: a file that only its owner may read, a device or a pipe. It is opened
 * before any secret is read, so that an unwritable one fails first. A file is written under a
 * temporary name, renamed once it is complete, and removed if it never is. On Windows it inherits the
 * permissions of its folder.
 */
export class OwnFile implements AsyncDisposable {
  readonly isTerminal: boolean;
  #open = true;

  private constructor(
    private readonly path: string,
    private readonly file: Deno.FsFile,
    private readonly replace: boolean,
    /** Its temporary name until it is complete; none for a device or a pipe. */
    private temporary?: string,
  ) {
    this.isTerminal = file.isTerminal();
  }

  static async create(path: string, replace: boolean): Promise<OwnFile> {
    try {
      if (await isStream(path)) {
        return new OwnFile(path, await Deno.open(path, { append: true }), replace);
      }
      await requireWritable(path, replace);
      const temporary = `${path}.tmp-${crypto.randomUUID().slice(0, 8)}`;
      const options = { write: true, createNew: true, mode: 0o600 };
      return new OwnFile(path, await Deno.open(temporary, options), replace, temporary);
    } catch (error) {
      throw fileError("write", path, error, writeAdvice(path));
    }
  }

  async write(bytes: Uint8Array): Promise<void> {
    try {
      await writeAll(this.file, bytes);
      if (this.temporary === undefined) return;
      await this.file.sync();
      this.#close();
      await this.#publish(this.temporary);
      this.temporary = undefined;
    } catch (error) {
      throw fileError("write", this.path, error, writeAdvice(this.path));
    } finally {
      bytes.fill(0);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#close();
    if (this.temporary !== undefined) await Deno.remove(this.temporary).catch(() => {});
  }

  async #publish(temporary: string): Promise<void> {
    if (this.replace) return await Deno.rename(temporary, this.path);
    // A rename would replace a file that was created there in the meantime; a hard link does not.
    const linked = await Deno.link(temporary, this.path).then(() => true, (error) => {
      if (error instanceof Deno.errors.AlreadyExists) throw error;
      return false;
    });
    if (linked) return await Deno.remove(temporary);
    // Not every file system has hard links.
    await requireWritable(this.path, false);
    await Deno.rename(temporary, this.path);
  }

  #close(): void {
    if (this.#open) this.file.close();
    this.#open = false;
  }
}

// The names of the files that a process was started with, whatever they are.
const DESCRIPTOR = /^\/(dev\/(std(in|out|err)|fd\/\d+)|proc\/(self|\d+)\/fd\/\d+)$/;

// Windows has no information on these.
const WINDOWS_DEVICE = /^(\\\\\.\\)?(nul|con|conout\$)$|^\\\\\.\\pipe\\/i;

async function isStream(path: string): Promise<boolean> {
  if (Deno.build.os === "windows" && WINDOWS_DEVICE.test(path)) return true;
  try {
    const { isFifo, isCharDevice } = await Deno.stat(path);
    return isFifo === true || isCharDevice === true || DESCRIPTOR.test(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

async function requireWritable(path: string, replace: boolean): Promise<void> {
  try {
    const { isFile } = await Deno.lstat(path);
    if (!isFile) throw new CommandError(`Refusing to replace ${path}: it is not a plain file`);
    if (!replace) throw new Deno.errors.AlreadyExists();
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

function readAdvice(path: string): string {
  if (DESCRIPTOR.test(path)) return "Use - for standard input, or a file.";
  return `Add ${allowFlag("read", path)} to the deno command.`;
}

function writeAdvice(path: string): string {
  if (DESCRIPTOR.test(path)) return "Leave out --out to write to standard output, or use a file.";
  const folder = /^(.*)[\\/]/.exec(path)?.[1] ?? ".";
  const flags = ["read", "write"].map((kind) => allowFlag(kind, folder || "/")).join(" ");
  return `Add ${flags} to the deno command.`;
}

function fileError(verb: string, path: string, error: unknown, advice: string): Error {
  if (error instanceof CommandError) return error;
  const start = `Cannot ${verb} ${path}:`;
  if (error instanceof Deno.errors.NotCapable) {
    const [, flag] = /^Add (.*) to the deno command\.$/s.exec(advice) ?? [];
    return new CommandError(`${start} a Deno permission is missing. ${advice}`, {
      cause: error,
      flag,
    });
  }
  if (error instanceof Deno.errors.AlreadyExists) {
    return new CommandError(`Refusing to overwrite ${path}; --force replaces it`);
  }
  // Deno adds the call with all its paths after the reason.
  const reason = messageOf(error).replace(/(\(os error \d+\)).*$/s, "$1");
  return new CommandError(`${start} ${reason}`, { cause: error });
}
