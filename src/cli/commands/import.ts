import type { Command } from "../command.ts";

export const IMPORT: Command = {
  name: "import",
  words: "[FILE]",
  summary: "Store the entries of a file",
  details:
    "Reads JSON Lines or CSV from a file, or from a pipe where the file is left out or -.\n" +
    'JSON Lines: {"service": "my_app", "username": "alice", "password": "…"}, one a line.\n' +
    "CSV: a header with these names, then a line each. Bytes are base64 instead of password.\n" +
    "All of it is read and checked first. While a line is wrong, or an entry is there already\n" +
    "(without --on-conflict), those lines are told and nothing is stored. After that, what the\n" +
    "store refuses is told by its line, and the rest is stored.",
  options: ["format", "dry-run", "on-conflict", "keyring-backend", "keyring-path"],
  examples: [
    "keyring import <entries.jsonl",
    "keyring import --dry-run entries.csv",
    "keyring import --on-conflict=skip entries.csv",
  ],
  // Loaded here, so that no other command spends time on it.
  run: async (call) => await (await import("../../records/import.ts")).runImport(call),
};
