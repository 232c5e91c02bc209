import { readVariable } from "../../lib/environment.ts";
import { allowFlag } from "../../lib/shell.ts";

/** The Deno flags that reading and writing the store needs; the shell finds what may not be read. */
export function flags(): string {
  const home = readVariable("HOME");
  const folder = readVariable("PASSWORD_STORE_DIR") ?? (home && `${home}/.password-store`);
  const folders = ["read", "write"].map((kind) =>
    folder === undefined
      ? `--allow-${kind}="\${PASSWORD_STORE_DIR:-$HOME/.password-store}"`
      : allowFlag(kind, folder)
  );
  return [`--allow-env="HOME,PASSWORD_STORE_*,GIT_*"`, ...folders, "--allow-run=gpg,git"].join(" ");
}
