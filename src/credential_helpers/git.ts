// git's credential helper over any keyring. The service of an entry is
// `git:PROTOCOL://HOST[:PORT][/PATH]`.

import { atOnce, type Entries, newestOf } from "./entries.ts";
import { formatGitMessage, type GitMessage, GitMessageError } from "./git_message.ts";
import {
  EXPIRY,
  expiryOf,
  formatSecret,
  type GitSecret,
  isExpired,
  mergeSecrets,
  parseSecret,
  REFRESH_TOKEN,
} from "./git_secret.ts";

export type GitOperation = (
  message: GitMessage,
  open: () => Promise<Entries>,
) => Promise<string | void>;

export const GIT_OPERATIONS: ReadonlyMap<string, GitOperation> = new Map<string, GitOperation>([
  ["get", get],
  ["store", store],
  ["erase", erase],
]);

/** The answer of the operation `capability`. No `authtype`: only passwords are kept. */
export const GIT_CAPABILITIES = "version 0\ncapability state\n";

async function get(message: GitMessage, open: () => Promise<Entries>): Promise<string> {
  const service = serviceOf(message);
  if (service === undefined) return "";
  return await atOnce(await open(), async (entries) => {
    let refreshable = "";
    for (const username of await usernamesOf(entries, service, message)) {
      const secret = await read(entries, service, username);
      if (!secret) continue;
      if (!isExpired(secret.expiry)) {
        return await stateOf(message, service, username, secret) + answer(username, secret);
      }
      // Another helper, such as git-credential-oauth, gets a new password with it.
      if (secret.refreshToken !== undefined && refreshable === "") {
        refreshable = answer(username, { refreshToken: secret.refreshToken });
      }
    }
    return refreshable;
  });
}

async function store(message: GitMessage, open: () => Promise<Entries>): Promise<void> {
  const service = serviceOf(message);
  const [username, password] = [message.text("username"), message.text("password")];
  const expiry = expiryOf(message.text(EXPIRY));
  if (service === undefined || username === undefined || password === undefined) return;
  if (isEphemeral(message) || isOtherKind(message) || isExpired(expiry)) return;
  const given = { password, expiry, refreshToken: message.text(REFRESH_TOKEN) };
  // git stores after each success, even what it got from here.
  if (await isOurs(message, service, username, given)) return;
  await atOnce(await open(), async (entries) => {
    const old = await read(entries, service, username);
    const text = formatSecret(old ? mergeSecrets(old, given) : given);
    if (!old || text !== formatSecret(old)) await entries.setPassword(service, username, text);
  });
}

async function erase(message: GitMessage, open: () => Promise<Entries>): Promise<void> {
  const service = serviceOf(message);
  const password = message.text("password");
  if (service === undefined || password === undefined && isOtherKind(message)) return;
  await atOnce(await open(), async (entries) => {
    for (const username of await usernamesOf(entries, service, message)) {
      // Otherwise a process with an old password would erase the new one.
      const isMeant = password === undefined ||
        (await read(entries, service, username))?.password === password;
      if (isMeant) await entries.deletePassword(service, username, { missingOk: true });
    }
  });
}

async function read(entries: Entries, service: string, username: string) {
  const text = await entries.getPassword(service, username);
  return text === null ? undefined : parseSecret(text);
}

/** The service of the requested entries; `undefined` if the message does not specify it. */
function serviceOf(message: GitMessage): string | undefined {
  const protocol = message.text("protocol") ?? "";
  const [host, path] = [message.text("host") ?? "", message.text("path") ?? ""];
  if (protocol === "" || host === "" && path === "") return undefined;
  // Otherwise two places could have the same service.
  if (!/^[a-z][a-z0-9+.-]*$/.test(protocol)) throw new GitMessageError("the protocol is invalid");
  if (/[/@?#\\\s]/.test(host)) throw new GitMessageError("the host is invalid");
  return `git:${protocol}://${host}${path === "" ? "" : `/${path}`}`;
}

/** The requested username, or else all of them, the most recently stored one first. */
async function usernamesOf(
  entries: Entries,
  service: string,
  message: GitMessage,
): Promise<string[]> {
  const asked = message.text("username");
  if (asked !== undefined) return [asked];
  // Windows ignores the case of a service.
  const found = (await newestOf(entries, service)).filter((info) => info.service === service);
  return found.map(({ username }) => username).filter((name) => !/[\n\r\0]/.test(name));
}

function isEphemeral(message: GitMessage): boolean {
  return !/^(0|false|no|off|)$/i.test(message.text("ephemeral") ?? "");
}

/** Whether it is about a credential other than a password, which is not kept. */
function isOtherKind(message: GitMessage): boolean {
  return message.has("authtype") || message.has("credential");
}

function answer(username: string, secret: Partial<GitSecret>): string {
  const { password, expiry, refreshToken } = secret;
  const attributes: [string, string][] = [["username", username]];
  if (password !== undefined) attributes.push(["password", password]);
  if (expiry !== undefined) attributes.push([EXPIRY, expiry]);
  if (refreshToken !== undefined) attributes.push([REFRESH_TOKEN, refreshToken]);
  return formatGitMessage(attributes);
}

const STATE = "keyring:";

/** Marks an answer, so that the keyring need not be opened when git stores it after its success. */
async function stateOf(message: GitMessage, service: string, username: string, secret: GitSecret) {
  if (!message.list("capability[]").includes("state")) return "";
  const salt = crypto.getRandomValues(new Uint8Array(12)).toBase64({ alphabet: "base64url" });
  const mark = await markOf(salt, service, username, secret);
  return formatGitMessage([["capability[]", "state"], ["state[]", mark]]);
}

async function isOurs(message: GitMessage, service: string, username: string, given: GitSecret) {
  for (const state of message.list("state[]")) {
    const [, salt] = new RegExp(`^${STATE}([\\w-]+)\\.`).exec(state) ?? [];
    if (salt && state === await markOf(salt, service, username, given)) return true;
  }
  return false;
}

async function markOf(salt: string, service: string, username: string, secret: GitSecret) {
  const text = [salt, service, username, formatSecret(secret)].join("\0");
  const bytes = new TextEncoder().encode(text);
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  bytes.fill(0);
  return `${STATE}${salt}.${digest.toBase64({ alphabet: "base64url", omitPadding: true })}`;
}
