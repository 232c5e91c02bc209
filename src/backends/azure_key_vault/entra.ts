// Logins at Microsoft Entra ID, with a secret or with a token that the platform signed.

import { Failure } from "../../errors.ts";
import { lookUp } from "../../lib/environment.ts";
import { NoAnswerError, send } from "../../lib/http.ts";
import { allowFlag } from "../../lib/shell.ts";
import { failureOfNoAnswer, parse, plain } from "./failures.ts";
import type { AzureAccessToken, Login } from "./options.ts";
import { authorityOf, notReadable, type Place, setting } from "./settings.ts";

const JWT_BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/** With the secret of an application, where the environment has one. */
export function clientSecret(place: Place, client: Deno.HttpClient | undefined): Login | undefined {
  if (setting("AZURE_CLIENT_SECRET") === undefined) return undefined;
  return entraLogin("the client secret", place, client, () => {
    return Promise.resolve({ client_secret: required("AZURE_CLIENT_SECRET") });
  });
}

/** With the token that Kubernetes or a CI system signed, where the environment names its file. */
export function workloadIdentity(
  place: Place,
  client: Deno.HttpClient | undefined,
): Login | undefined {
  const path = setting("AZURE_FEDERATED_TOKEN_FILE");
  if (path === undefined) return undefined;
  return entraLogin("the workload identity", place, client, async () => {
    // Read each time: what keeps it fresh writes a new one.
    const assertion = (await readFile(path)).trim();
    return { client_assertion_type: JWT_BEARER, client_assertion: assertion };
  });
}

function entraLogin(
  name: string,
  place: Place,
  client: Deno.HttpClient | undefined,
  proof: () => Promise<Record<string, string>>,
): Login {
  const [tenant, id] = [required("AZURE_TENANT_ID"), required("AZURE_CLIENT_ID")];
  if (!/^[0-9a-z.-]+$/i.test(tenant) || /^\.+$/.test(tenant)) {
    const advice = "Set it to the ID of the directory.";
    throw new Failure("other", "AZURE_TENANT_ID is not the name of a tenant", { advice });
  }
  const authority = authorityOf(place.cloud);
  const getToken = async (scope: string, { abortSignal }: { abortSignal?: AbortSignal } = {}) => {
    const form = { grant_type: "client_credentials", client_id: id, scope, ...await proof() };
    const url = `${authority}/${tenant}/oauth2/v2.0/token`;
    return await request(name, url, form, client, abortSignal);
  };
  return { name, credential: { getToken } };
}

async function request(
  name: string,
  url: string,
  form: Record<string, string>,
  client: Deno.HttpClient | undefined,
  signal: AbortSignal | undefined,
): Promise<AzureAccessToken> {
  const { origin } = new URL(url);
  const answer = await send(url, {
    method: "POST",
    headers: { "Content-Type": "application/x-www-form-urlencoded", Accept: "application/json" },
    body: new URLSearchParams(form).toString(),
    client,
    signal,
  }).catch((error) => {
    if (!(error instanceof NoAnswerError)) throw error;
    throw failureOfNoAnswer(error, origin, "Check the network, and AZURE_AUTHORITY_HOST.");
  });
  const { access_token: token, expires_in: seconds, error_description } = parse(answer);
  if (answer.status === 200 && typeof token === "string") {
    return { token, expiresOnTimestamp: Date.now() + Number(seconds ?? 0) * 1000 };
  }
  if (answer.status >= 500 || answer.status === 429) {
    const reason = `${origin} answered ${answer.status}`;
    throw new Failure("unavailable", reason, { code: answer.status, advice: "Try again later." });
  }
  throw new Failure("locked", `${name} was refused${because(error_description)}`, {
    code: answer.status,
    advice: "Check AZURE_TENANT_ID and AZURE_CLIENT_ID, and whether the secret has expired.",
  });
}

// The first sentence, such as "AADSTS7000215: Invalid client secret provided."
function because(description: unknown): string {
  const [sentence = ""] = typeof description === "string" ? description.split(/[.\r\n]/) : [];
  return sentence === "" ? "" : `: ${plain(sentence)}`;
}

function required(variable: string): string {
  const value = setting(variable);
  if (value !== undefined) return value;
  if (lookUp(variable).state === "denied") throw notReadable([variable]);
  const reason = `the variable ${variable} is missing for a login to Azure`;
  throw new Failure("locked", reason, { advice: `Set ${variable}.` });
}

async function readFile(path: string): Promise<string> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) {
      const details = { flag: allowFlag("read", path), cause: error };
      throw new Failure("permission", "a Deno permission is missing", details);
    }
    const reason = error instanceof Error
      ? error.message.replace(/(\(os error \d+\)).*$/s, "$1")
      : String(error);
    throw new Failure("locked", `the file "${path}" cannot be read: ${reason}`, {
      advice: "Check AZURE_FEDERATED_TOKEN_FILE.",
      cause: error,
    });
  }
}
