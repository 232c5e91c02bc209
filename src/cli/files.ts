import type { Input } from "./command.ts";
import { messageOf, writeAll } from "./output.ts";
import { CommandError } from "./usage_error.ts";

export async function openToRead(path: string): Promise<Pick<Input, "read"> & Disposable> {
  const explain = (error: unknown) => {
    throw fileError("read", path, error, `--allow-read=${path}`);
  };
  const file = await Deno.open(path).catch(explain);
  return {
    read: async (buffer) => await file.read(buffer).catch(explain),
    [Symbol.dispose]: () => file.close(),
  };
}

/**
 * A file that only its owner may read, created before any secret is, so that a file that cannot be
 * created fails first. It is removed again unless it is written completely. On Windows it inherits
 * the permissions of its folder.
 */
export class OwnFile implements AsyncDisposable {
  #open = true;
  #written = false;

  private constructor(
    private readonly path: string,
    private readonly temporary: string,
    private readonly file: Deno.FsFile,
  ) {}

  static async create(path: string, replace: boolean): Promise<OwnFile> {
    // Beside it, because only within a folder a file is moved in one step.
    const temporary = replace ? `${path}.${crypto.randomUUID()}` : path;
    try {
      if (replace) await requirePlainFile(path);
      // createNew: the check and the creation are one step, and no link is followed.
      const options = { write: true, createNew: true, mode: 0o600 };
      return new OwnFile(path, temporary, await Deno.open(temporary, options));
    } catch (error) {
      const folder = /^(.*)[\\/]/.exec(path)?.[1] ?? ".";
      const flags = replace
        ? `--allow-read=${folder || "/"} --allow-write=${folder || "/"}`
        : `--allow-write=${path}`;
      throw fileError("write", path, error, flags);
    }
  }

  async write(bytes: Uint8Array): Promise<void> {
    try {
      await writeAll(this.file, bytes);
      await this.file.sync();
      this.#close();
      if (this.temporary !== this.path) await Deno.rename(this.temporary, this.path);
      this.#written = true;
    } catch (error) {
      throw fileError("write", this.path, error);
    } finally {
      bytes.fill(0);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#close();
    if (!this.#written) await Deno.remove(this.temporary).catch(() => {});
  }

  #close(): void {
    if (this.#open) this.file.close();
    this.#open = false;
  }
}

// A device there would be replaced by a file.
async function requirePlainFile(path: string): Promise<void> {
  try {
    const { isFile } = await Deno.lstat(path);
    if (!isFile) throw new CommandError(`Refusing to replace ${path}: it is not a plain file`);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

function fileError(verb: string, path: string, error: unknown, flags = ""): Error {
  if (error instanceof CommandError) return error;
  const start = `Cannot ${verb} ${path}:`;
  if (error instanceof Deno.errors.NotCapable) {
    const advice = `Add ${flags} to the deno command.`;
    return new CommandError(`${start} a Deno permission is missing. ${advice}`, { cause: error });
  }
  if (error instanceof Deno.errors.AlreadyExists) {
    return new CommandError(`Refusing to overwrite ${path}; --force replaces it`);
  }
  return new CommandError(`${start} ${messageOf(error)}`, { cause: error });
}
