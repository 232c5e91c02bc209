/**
 * Who takes part: each party is a worker program that stays running and answers requests.
 *
 * @module
 */

import type { Case } from "./results.ts";

/** Where the programs and libraries are, as the measuring process sees them. */
export interface Tools {
  /** The folder of the other libraries. */
  folder: string;
  /** Node.js. */
  node: string;
  /** Bun. */
  bun: string;
  /** The compiled `workers/credential_floor.c`, on Windows. */
  floor?: string;
}

/** One party. */
export interface Party {
  /** Its id in the results. */
  id: string;
  /** Its name in tables and charts. */
  title: string;
  /** The program and its arguments. */
  command: string[];
  /** What it cannot do. */
  without: Case[];
}

const WORKERS = decodeURIComponent(new URL("../workers", import.meta.url).pathname)
  .replace(/^\/([A-Za-z]:)/, "$1");

/** The parties of this system, the floor first. */
export function partiesOf(tools: Tools): Party[] {
  const windows = Deno.build.os === "windows";
  const deno = [Deno.execPath(), "run", "-A", "--cached-only", "--no-check"];
  const ours = (library: string) => [...deno, `${WORKERS}/ours.ts`, library];
  const other = (library: string, ...runtime: string[]) => {
    return [...runtime, `${WORKERS}/other.mjs`, library, tools.folder];
  };
  // Under Wine its filter `*.SERVICE` finds nothing.
  const napi: Case[] = windows ? ["list"] : [];
  return [
    ...floorsOf(tools, ours),
    { id: "ours", title: "os-keyring", command: ours("default"), without: [] },
    {
      id: "ours-store",
      title: windows ? "os-keyring, store alone" : "os-keyring by secret-tool",
      command: ours("store"),
      without: [],
    },
    { id: "napi", title: "@napi-rs/keyring", command: other("napi", tools.node), without: napi },
    {
      id: "napi-deno",
      title: "@napi-rs/keyring in Deno",
      command: other("napi", ...deno),
      // Its asynchronous calls never come back when there are many.
      without: [...napi, "at-once"],
    },
    { id: "keytar", title: "@github/keytar", command: other("keytar", tools.node), without: [] },
    { id: "bun", title: "Bun.secrets", command: other("bun", tools.bun), without: ["list"] },
    {
      id: "cross-keychain",
      title: "cross-keychain",
      command: other("cross-keychain", tools.node),
      without: ["list"],
    },
  ];
}

function floorsOf({ floor }: Tools, ours: (library: string) => string[]): Party[] {
  if (floor === undefined) {
    return [{ id: "floor", title: "bare secret-tool", command: ours("secret-tool"), without: [] }];
  }
  const bare = { command: [floor, "bare"], without: ["get", "miss", "list", "at-once"] as Case[] };
  return [
    { id: "floor", title: "C, the same calls", command: [floor], without: ["at-once"] },
    { id: "floor-bare", title: "C, one call", ...bare },
  ];
}
