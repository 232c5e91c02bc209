// The files of a password store. One is written beside its name and moved there when it is complete.

import { Failure, quote } from "../../errors.ts";
import { equal } from "../../lib/bytes.ts";
import { findIn, inStore, noStore, orNull } from "./location.ts";
import { SUFFIX } from "./names.ts";

const ATTEMPTS = 5;

export class StoreFiles {
  readonly root: string;

  constructor(root: string) {
    this.root = root;
  }

  /** What an entry's file holds, still encrypted; `null` when there is none. */
  async read(path: string): Promise<Uint8Array | null> {
    return await findIn(this.root, () => Deno.readFile(this.fileOf(path)));
  }

  async has(path: string): Promise<boolean> {
    const found = await findIn(this.root, () => Deno.stat(this.fileOf(path)));
    return found?.isFile ?? false;
  }

  fileOf(path: string): string {
    return `${this.root}/${path}${SUFFIX}`;
  }

  /** Where an entry is written or removed: folders may be links, but not to places outside the store. */
  async place(path: string): Promise<string> {
    const file = this.fileOf(path);
    return await inStore(this.root, "read", async () => {
      const root = await orNull(Deno.realPath(this.root));
      if (root === null) throw noStore(this.root);
      let folder = parentOf(file);
      while (await orNull(Deno.lstat(folder)) === null) folder = parentOf(folder);
      const real = await orNull(Deno.realPath(folder));
      return `${requireInside(root, real, path)}${file.slice(folder.length)}`;
    });
  }

  /** The file that a link in the place of an entry's file stands for. */
  async follow(file: string, path: string): Promise<string> {
    return await inStore(this.root, "read", async () => {
      if (!(await orNull(Deno.lstat(file)))?.isSymlink) return file;
      const root = await Deno.realPath(this.root);
      return requireInside(root, await orNull(Deno.realPath(file)), path);
    });
  }

  /** Replaces a file if it still holds this; `false` where another process was faster. */
  async replace(file: string, bytes: Uint8Array, old: Uint8Array | null): Promise<boolean> {
    return await inStore(this.root, "write", async () => {
      const temporary = await writeBeside(file, bytes, await modeOf(file));
      try {
        const now = await orNull(Deno.readFile(file));
        const isSame = now === null || old === null ? now === old : equal(now, old);
        if (isSame) await Deno.rename(temporary, file);
        else await Deno.remove(temporary);
        return isSame;
      } catch (error) {
        await Deno.remove(temporary).catch(() => {});
        throw error;
      }
    });
  }

  /** Removes a file, and the folders that it leaves empty. */
  async remove(file: string): Promise<void> {
    await inStore(this.root, "write", async () => {
      await orNull(Deno.remove(file));
      const root = await Deno.realPath(this.root);
      for (let folder = parentOf(file); folder.startsWith(`${root}/`); folder = parentOf(folder)) {
        // It is not removed as long as anything is in it.
        if (!await Deno.remove(folder).then(() => true, () => false)) break;
      }
    });
  }
}

function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/")) || "/";
}

function requireInside(root: string, real: string | null, path: string): string {
  if (real !== null && `${real}/`.startsWith(`${root}/`)) return real;
  throw new Failure("other", `a link at ${quote(path)} leads outside the password store`, {
    advice: "Set PASSWORD_STORE_DIR to the store that it leads to.",
  });
}

/** Its mode is kept; a new one is for its owner alone, as those of `pass` are. */
async function modeOf(file: string): Promise<number> {
  return ((await orNull(Deno.stat(file)))?.mode ?? 0o600) & 0o777;
}

async function writeBeside(file: string, bytes: Uint8Array, mode: number): Promise<string> {
  const temporary = `${parentOf(file)}/.os-keyring-${crypto.randomUUID()}.tmp`;
  for (let attempt = 1;; attempt++) {
    await Deno.mkdir(parentOf(file), { recursive: true, mode: 0o700 });
    try {
      await Deno.writeFile(temporary, bytes, { createNew: true, mode });
      using written = await Deno.open(temporary, { write: true });
      await Deno.chmod(temporary, mode);
      await written.sync();
      return temporary;
    } catch (error) {
      await Deno.remove(temporary).catch(() => {});
      // Another process removed its last entry, and with it the folder.
      if (!(error instanceof Deno.errors.NotFound) || attempt === ATTEMPTS) throw error;
    }
  }
}
