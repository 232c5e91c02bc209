import type { Keyring } from "./keyring.ts";
import type { MigratedEntry, MigrateOptions } from "./records/migration.ts";

/**
 * Copies entries from one keyring to another, for example from the layout of another program.
 *
 * Each entry is stored, read back and compared; with the option `delete` it is then deleted from the
 * source. An entry of the target that differs is overwritten only with `force`. If source and target
 * are one entry, as with keytar and Bun on Windows, nothing is done.
 *
 * Run it once, at the user's request, and remember that it was run: a program that migrates at each
 * start brings back the tokens of a user who has logged out since.
 *
 * @param from The keyring to copy from.
 * @param to The keyring to copy to.
 * @param options Which entries, and what to do with them.
 * @returns The entries, and what became of each; one that fails does not stop the others.
 *
 * @example Take over what another keyring holds
 * ```ts
 * import { MemoryKeyring, migrate } from "@os-keyring/keyring";
 * import { assertEquals } from "@std/assert";
 *
 * const [from, to] = [new MemoryKeyring(), new MemoryKeyring()];
 * await from.setPassword("my_app", "alice", "s3cret");
 * const [entry] = await migrate(from, to, { services: ["my_app"], delete: true });
 * assertEquals([entry?.state, entry?.deleted], ["copied", true]);
 * assertEquals(await to.getPassword("my_app", "alice"), "s3cret");
 * ```
 *
 * @example Take over the entries of keytar from this user's Credential Manager
 * ```ts
 * import { migrate } from "jsr:@os-keyring/keyring@^0.1";
 * import { WindowsKeyring } from "jsr:@os-keyring/keyring@^0.1/backends";
 *
 * const from = new WindowsKeyring({ layout: "keytar" });
 * await migrate(from, new WindowsKeyring(), { services: ["my_app"] });
 * ```
 */
export async function migrate(
  from: Keyring,
  to: Keyring,
  options: MigrateOptions = {},
): Promise<MigratedEntry[]> {
  const { migrateEntries } = await import("./records/migrate.ts");
  return await migrateEntries(from, to, options);
}
