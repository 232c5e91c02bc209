import type { Command } from "../command.ts";

export const EXPORT: Command = {
  name: "export",
  words: "[SERVICE]",
  summary: "Write entries with their secrets, for import",
  details:
    "Writes the entries that list shows, as JSON Lines, or as CSV when --out ends with .csv.\n" +
    "Asks before it shows secrets on a terminal. A secret that is no text is written as base64.\n" +
    "When one secret cannot be read, that is told and nothing is written.\n" +
    "The file holds secrets in plain text: delete it when it is imported.",
  options: ["target", "format", "out", "force", "names-only", "keyring-backend", "keyring-path"],
  examples: [
    "keyring export --out backup.jsonl",
    "keyring export --names-only --format csv",
    "keyring export my_app | ssh host keyring import",
  ],
  // Loaded here, so that no other command spends time on it.
  run: async (call) => await (await import("../../records/export.ts")).runExport(call),
};
