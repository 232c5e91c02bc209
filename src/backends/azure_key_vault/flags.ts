import { Failure } from "../../errors.ts";
import { allowFlag } from "../../lib/shell.ts";
import { authorityOf, findPlace, setting } from "./settings.ts";

const METADATA_HOST = "169.254.169.254:80";

/** The Deno flags of a Key Vault and its logins, as far as the environment may be read. */
export function flags(): string {
  const file = setting("AZURE_FEDERATED_TOKEN_FILE");
  const credentials = setting("AZURE_TOKEN_CREDENTIALS")?.toLowerCase() ?? "azurecli";
  return [
    `--allow-env="AZURE_*,IDENTITY_*"`,
    `--allow-net${hosts()}`,
    ...(file === undefined ? [] : [allowFlag("read", file)]),
    ...(/^(dev|azurecli)/.test(credentials) ? ["--allow-run=az"] : []),
  ].join(" ");
}

function hosts(): string {
  try {
    const { origin, cloud } = findPlace({});
    const servers = [origin, authorityOf(cloud)].map((url) => `${new URL(url).hostname}:443`);
    return `=${[...servers, METADATA_HOST].join(",")}`;
  } catch (error) {
    if (error instanceof Failure) return "";
    throw error;
  }
}
