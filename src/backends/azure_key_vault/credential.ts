// Where a login comes from. What the environment names is used, and nothing else is tried after it.

import { Failure, quote } from "../../errors.ts";
import { azureCli, mayRunCli } from "./azure_cli.ts";
import { clientSecret, workloadIdentity } from "./entra.ts";
import {
  type ImdsAccess,
  mayAskImds,
  metadataIdentity,
  NO_IDENTITY,
  platformIdentity,
} from "./managed_identity.ts";
import type { AzureKeyVaultOptions, Login } from "./options.ts";
import { type Place, setting } from "./settings.ts";

type Source = "environment" | "workload" | "managed" | "cli";

// The values that `@azure/identity` knows, as far as we know the credential.
const SOURCES: Record<string, readonly Source[]> = {
  environmentcredential: ["environment"],
  workloadidentitycredential: ["workload"],
  managedidentitycredential: ["managed"],
  azureclicredential: ["cli"],
  prod: ["environment", "workload", "managed"],
  dev: ["cli"],
};
const ALL: readonly Source[] = ["environment", "workload", "managed", "cli"];

/** Where the logins of a machine are found, if not in their usual places. */
interface Machine {
  imds?: ImdsAccess;
  cli?: string;
}

export function findCredential(
  place: Place,
  { credential, client }: AzureKeyVaultOptions,
  machine: Machine = {},
): Login {
  if (credential) return { name: "the credential", credential };
  const named = setting("AZURE_TOKEN_CREDENTIALS");
  const sources = named === undefined ? ALL : SOURCES[named.toLowerCase()];
  if (!sources) {
    throw new Failure("other", `AZURE_TOKEN_CREDENTIALS is ${quote(named ?? "")}`, {
      advice: "Set it to prod, dev, EnvironmentCredential, WorkloadIdentityCredential, " +
        "ManagedIdentityCredential or AzureCliCredential.",
    });
  }
  const isMeant = (source: Source) => sources.includes(source);
  const login = (isMeant("environment") && clientSecret(place, client)) ||
    (isMeant("workload") && workloadIdentity(place, client)) ||
    (isMeant("managed") && platformIdentity(place));
  return login || machineLogin(place, isMeant("managed"), isMeant("cli"), machine);
}

/** The managed identity of a virtual machine, else who logged in with `az`. */
function machineLogin(
  place: Place,
  mayBeManaged: boolean,
  mayBeCli: boolean,
  { imds, cli: program }: Machine,
): Login {
  const managed = mayBeManaged && mayAskImds() ? metadataIdentity(place, imds) : undefined;
  const cli = mayBeCli && mayRunCli() ? azureCli(place, program) : undefined;
  if (managed && cli) return firstOf(managed, cli);
  const login = managed ?? cli;
  if (login) return login;
  if (!mayBeManaged && !mayBeCli) {
    throw new Failure("locked", "the environment holds no login for Azure", {
      advice: "Set AZURE_TENANT_ID, AZURE_CLIENT_ID, and AZURE_CLIENT_SECRET or " +
        "AZURE_FEDERATED_TOKEN_FILE.",
    });
  }
  const flags = { managed: "--allow-net=169.254.169.254:80", cli: "--allow-run=az" };
  throw new Failure("permission", "a Deno permission is missing", {
    flag: mayBeCli ? flags.cli : flags.managed,
    advice: `Add ${flags.cli} to the deno command for a login of the Azure CLI, or ` +
      `${flags.managed} for the managed identity of the machine.`,
  });
}

/** The first, unless this machine does not have it at all. */
function firstOf(first: Login, second: Login): Login {
  let chosen: Login | undefined;
  const login: Login = {
    name: "the login of this machine",
    credential: {
      async getToken(scope, options) {
        if (chosen) return await chosen.credential.getToken(scope, options);
        try {
          const token = await first.credential.getToken(scope, options);
          chosen = first;
          return token;
        } catch (error) {
          if (!(error instanceof Failure) || error.details.codeName !== NO_IDENTITY) {
            throw error;
          }
          const token = await second.credential.getToken(scope, options);
          chosen = second;
          return token;
        } finally {
          login.name = chosen?.name ?? login.name;
        }
      },
    },
  };
  return login;
}
