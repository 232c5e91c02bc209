// What the migration of entries is given, and what comes of it.

import type { CallOptions } from "../keyring.ts";

/** The names of an entry. */
export interface EntryNames {
  /** The service that it belongs to. */
  service: string;
  /** The account name; may be empty. */
  username: string;
}

/** Options of {@linkcode migrate}. */
export interface MigrateOptions extends CallOptions {
  /** Only the entries of these services; all if omitted. */
  services?: readonly string[];
  /** New services by the old ones; the others keep theirs. */
  rename?: Readonly<Record<string, string>>;
  /**
   * Whether to report only what would be done.
   *
   * @default {false}
   */
  dryRun?: boolean;
  /**
   * Whether to delete each entry that is in the target.
   *
   * @default {false}
   */
  delete?: boolean;
  /**
   * Whether to overwrite entries of the target that differ.
   *
   * @default {false}
   */
  force?: boolean;
}

/**
 * What became of an entry:
 *
 * - `"copied"`: it was not in the target, and is now
 * - `"replaced"`: it differed in the target, and was overwritten
 * - `"same"`: it was in the target already
 * - `"one entry"`: source and target are one entry, so there is nothing to copy or to delete
 * - `"differs"`: it differs in the target, and was not overwritten
 * - `"failed"`: it could not be read, stored or deleted; `error` says why
 * - `"not tried"`: an earlier failure ended the migration
 */
export type MigrationState =
  | "copied"
  | "replaced"
  | "same"
  | "one entry"
  | "differs"
  | "failed"
  | "not tried";

/** An entry, and what became of it. */
export interface MigratedEntry {
  /** Its names in the source. */
  from: EntryNames;
  /** Its names in the target. */
  to: EntryNames;
  /** What became of it; in a dry run, what would. */
  state: MigrationState;
  /** Whether it was deleted from the source. */
  deleted: boolean;
  /** Why it failed. */
  error?: unknown;
}
