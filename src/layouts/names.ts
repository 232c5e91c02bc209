// Separate from the table, so that the command line can use the names without loading it.

/** The programs whose entries can be read and written. */
export const LAYOUT_NAMES = ["python", "keytar", "bun", "rust", "go", "git", "docker"] as const;

/**
 * A program that keeps entries in a system's store: `"python"` for Python's `keyring` and this
 * library, `"keytar"`, `"bun"` for `Bun.secrets`, `"rust"` for Rust's `keyring` and `@napi-rs/keyring`,
 * `"go"` for `go-keyring` and the GitHub CLI, `"git"` for git's credential helpers, `"docker"` for
 * docker's.
 */
export type LayoutName = "python" | "keytar" | "bun" | "rust" | "go" | "git" | "docker";

export function isLayoutName(name: string): name is LayoutName {
  return LAYOUT_NAMES.some((known) => known === name);
}

/** What Python's keyring, and this library, name themselves in the Secret Service. */
export const APPLICATION = "Python keyring library";
