import { type BackendRow, findBackend } from "../registry.ts";
import type { Wanted } from "./install_line.ts";
import type { Parsed } from "./parse.ts";

/** What a command line names. If granted one by one, each would replace the one before. */
export function wantedBy({ located, service, rest, options }: Parsed): Wanted {
  const path = located?.path ?? "";
  const { "keyring-backend": named, from, to, out, identity } = options;
  const stores = [path.startsWith("file ") ? "file" : undefined, named, from, to];
  const files = [...options["env-file"] ?? [], path === "import" ? service : undefined];
  const program = path === "run" ? rest[0] : undefined;
  const written = [out, identity].filter(isNamed).map(folderOf);
  return {
    stores: stores.filter(isNamed).map((name) => findBackend(name)).filter(isNamed),
    run: [program].filter(isNamed),
    read: files.filter(isNamed).filter((file) => file !== "-"),
    write: written,
  };
}

function isNamed<T extends string | BackendRow>(value: T | undefined): value is T {
  return value !== undefined;
}

function folderOf(path: string): string {
  const folder = /^(.*)[\\/]/.exec(path)?.[1] ?? ".";
  return folder || "/";
}
