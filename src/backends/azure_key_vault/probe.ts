// What `diagnose` reports: whether the Key Vault is reached, who is logged in, and what may be done
// there. No secret is read: it tries to read a name that no secret has.

import { Failure, notViable, type Viability } from "../../errors.ts";
import { NoAnswerError } from "../../lib/http.ts";
import { KeyVaultClient } from "./client.ts";
import { complaintOf, failureOfNoAnswer, notLoggedIn, parse, plain } from "./failures.ts";
import { PREFIX } from "./names.ts";

const PROBE_LIMIT_MS = 8_000;

export async function probe({ signal }: { signal?: AbortSignal } = {}): Promise<Viability> {
  const limit = AbortSignal.timeout(PROBE_LIMIT_MS);
  const client = new KeyVaultClient({});
  try {
    return await look(client, signal ? AbortSignal.any([signal, limit]) : limit);
  } catch (error) {
    signal?.throwIfAborted();
    const seconds = PROBE_LIMIT_MS / 1000;
    if (limit.aborted) return { viable: false, reason: `no answer came in time (${seconds} s)` };
    const failure = error instanceof NoAnswerError ? unreachable(error, client) : error;
    if (!(failure instanceof Failure)) throw failure;
    return notViable(failure);
  }
}

function unreachable(error: NoAnswerError, { place }: KeyVaultClient): Failure {
  return failureOfNoAnswer(error, `the Key Vault at ${place.origin}`, "");
}

async function look(client: KeyVaultClient, signal: AbortSignal): Promise<Viability> {
  const { origin } = client.place;
  const path = "/secrets?maxresults=1";
  const first = await client.send({ method: "GET", path, signal }, undefined);
  const challenge = first.headers.get("www-authenticate") ?? "";
  if (first.status !== 401 || !/^Bearer /i.test(challenge)) {
    return { viable: false, reason: `what answers at ${origin} is not a Key Vault` };
  }
  const token = await client.tokens.get(signal);
  const listed = await client.send({ method: "GET", path, signal }, token);
  if (listed.status === 401) throw notLoggedIn(listed);
  const nobody = `/secrets/${PREFIX}diagnose-${crypto.randomUUID()}`;
  const read = await client.send({ method: "GET", path: nobody, signal }, token);
  const firewall = [listed, read].find((answer) => /Firewall/.test(complaintOf(answer).inner));
  if (firewall) return { viable: false, reason: "its firewall does not let this machine in" };
  const rights = [
    listed.status === 200 ? "may list" : "may not list",
    read.status === 404 ? "may read all secrets" : "may not read all secrets",
  ];
  const who = `logged in by ${client.tokens.login.name}${claimsOf(token)}`;
  return { viable: true, note: `${origin}; ${who}; ${rights.join(", ")}` };
}

/** The holder of a token, if it can be read. */
function claimsOf(token: string): string {
  try {
    const [, payload = ""] = token.split(".");
    const bytes = Uint8Array.fromBase64(payload, { alphabet: "base64url" });
    const { upn, unique_name, appid, oid, tid } = parse({ text: new TextDecoder().decode(bytes) });
    const who = upn ?? unique_name ?? (appid && `application ${appid}`) ?? (oid && `object ${oid}`);
    return who ? ` as ${plain(`${who}${tid ? ` (tenant ${tid})` : ""}`)}` : "";
  } catch {
    return "";
  }
}
