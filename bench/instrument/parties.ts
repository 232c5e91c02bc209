/**
 * Who takes part: each party is a worker program that stays running and answers requests.
 *
 * @module
 */

import type { Case, System } from "./results.ts";

/** Where the programs and libraries are, as the measuring process sees them. */
export interface Tools {
  /** The folder of the other libraries. */
  folder?: string;
  /** Node.js. */
  node?: string;
  /** Bun. */
  bun?: string;
  /** The compiled `workers/credential_floor.c`, on Windows. */
  floor?: string;
  /** OpenBao's program. */
  bao?: string;
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
  /** With how many entries at most it takes part. */
  most?: Partial<Record<Case, number>>;
}

const WORKERS = decodeURIComponent(new URL("../workers", import.meta.url).pathname)
  .replace(/^\/([A-Za-z]:)/, "$1");

const DENO = [Deno.execPath(), "run", "-A", "--cached-only", "--no-check"];
// What only reads an entry that another program may have stored.
const ONLY_GET: Case[] = ["miss", "set", "delete", "list", "at-once"];

/** The parties of a store, the floor first. */
export function partiesOf(system: System, tools: Tools): Party[] {
  return PARTIES[system](tools);
}

const PARTIES: Record<System, (tools: Tools) => Party[]> = {
  linux: (tools) => [
    // It gives up a search after 25 seconds, and prints nothing.
    { ...floor("bare secret-tool", "secret-tool"), most: { list: 1000 } },
    ours("ours", "os-keyring", "default"),
    ours("ours-store", "os-keyring by secret-tool", "secret-tool"),
    ...libraries(tools, []),
    python(),
  ],
  kwallet: () => [
    floor("bare D-Bus calls", "kwallet"),
    ours("ours", "os-keyring", "default"),
    python(),
  ],
  file: () => [
    floor("bare age-encryption", "age-package"),
    ours("ours", "os-keyring", "default"),
    ours("unlocked", "os-keyring, cacheSeconds", "unlocked"),
    {
      ...ours("passphrase", "os-keyring, passphrase", "passphrase"),
      without: ["miss", "delete", "list", "at-once"],
      // Most of it is to derive the key, which takes as long with any number of entries.
      most: { get: 10, set: 10 },
    },
    { ...floor("age -d", "age"), id: "age", without: ONLY_GET },
  ],
  openbao: ({ bao = "" }) => [
    floor("bare fetch", "fetch"),
    ours("ours", "os-keyring", "default"),
    { ...floor("bao kv get", "bao", bao), id: "bao", without: ONLY_GET },
  ],
  // Under Wine the filter `*.SERVICE` of @napi-rs/keyring finds nothing.
  wine: (tools) => [
    ...credentialFloors(tools),
    ours("ours", "os-keyring", "default"),
    ours("ours-store", "os-keyring, store alone", "windows"),
    ...libraries(tools, ["list"]),
  ],
};

function ours(id: string, title: string, library: string): Party {
  return { id, title, command: [...DENO, `${WORKERS}/ours.ts`, library], without: [] };
}

function floor(title: string, ...library: string[]): Party {
  const command = [...DENO, `${WORKERS}/floors.ts`, ...library];
  return { id: "floor", title, command, without: [] };
}

function python(): Party {
  const command = ["/usr/bin/python3", `${WORKERS}/python.py`];
  return { id: "python", title: "Python's keyring", command, without: ["list", "at-once"] };
}

function libraries(tools: Tools, napiWithout: Case[]): Party[] {
  const { folder = "", node = "", bun = "" } = tools;
  const other = (library: string, ...runtime: string[]) => {
    return [...runtime, `${WORKERS}/other.mjs`, library, folder];
  };
  return [
    { id: "napi", title: "@napi-rs/keyring", command: other("napi", node), without: napiWithout },
    {
      id: "napi-deno",
      title: "@napi-rs/keyring in Deno",
      command: other("napi", ...DENO),
      // Its asynchronous calls never come back when there are many.
      without: [...napiWithout, "at-once"],
    },
    { id: "keytar", title: "@github/keytar", command: other("keytar", node), without: [] },
    { id: "bun", title: "Bun.secrets", command: other("bun", bun), without: ["list"] },
    {
      id: "cross-keychain",
      title: "cross-keychain",
      command: other("cross-keychain", node),
      without: ["list"],
    },
  ];
}

function credentialFloors({ floor = "" }: Tools): Party[] {
  const bare = { command: [floor, "bare"], without: ["get", "miss", "list", "at-once"] as Case[] };
  return [
    { id: "floor", title: "C, the same calls", command: [floor], without: ["at-once"] },
    { id: "floor-bare", title: "C, one call", ...bare },
  ];
}
