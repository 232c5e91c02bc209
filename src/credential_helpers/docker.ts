// docker's credential helper over any keyring: the protocol of docker-credential-helpers. docker
// recognizes some errors by their text.

import { PasswordSetError } from "../errors.ts";
import type { EntryInfo } from "../keyring.ts";
import { atOnce, type Entries, newestFirst, newestOf } from "./entries.ts";

/** An error for docker, printed on standard output instead of an answer. */
export class DockerError extends Error {
  override name = "DockerError";
}

const NOT_FOUND = "credentials not found in native keychain";
const NO_SERVER = "no credentials server URL";
const NO_USERNAME = "no credentials username";

/** Where the entries are. */
export interface DockerStore {
  entries: Entries;
  /** The prefix of an entry's service, before the server. */
  prefix: string;
}

export type DockerOperation = (
  input: string,
  open: () => Promise<DockerStore>,
) => Promise<string | void>;

export const DOCKER_OPERATIONS: ReadonlyMap<string, DockerOperation> = new Map<
  string,
  DockerOperation
>([
  ["store", store],
  ["get", get],
  ["erase", erase],
  ["list", list],
]);

async function store(input: string, open: () => Promise<DockerStore>): Promise<void> {
  const { server, username, secret } = parseCredentials(input);
  const { entries, prefix } = await open();
  const service = prefix + server;
  await atOnce(entries, async (entries) => {
    // docker's helpers do not find an empty secret.
    if (secret === "") return await remove(entries, service);
    const isStored = await entries.getPassword(service, username) === secret;
    const users = (await newestOf(entries, service)).map((info) => info.username);
    const others = users.filter((user) => user !== username);
    if (!isStored) await replace(entries, service, username, secret, others);
    // docker knows one user of a server: the last one who logged in.
    await remove(entries, service, others);
  });
}

/** Stores a secret. In a store that holds one user per server, the other one has to be deleted first. */
async function replace(
  entries: Entries,
  service: string,
  username: string,
  secret: string,
  [other]: readonly string[],
): Promise<void> {
  try {
    return await entries.setPassword(service, username, secret);
  } catch (error) {
    const isTaken = other !== undefined && error instanceof PasswordSetError;
    const old = isTaken ? await entries.getPassword(service, other) : null;
    if (other === undefined || old === null) throw error;
    await entries.deletePassword(service, other, { missingOk: true });
    try {
      await entries.setPassword(service, username, secret);
    } catch (error) {
      await entries.setPassword(service, other, old);
      throw error;
    }
  }
}

async function remove(entries: Entries, service: string, users?: readonly string[]): Promise<void> {
  const all = users ?? (await newestOf(entries, service)).map(({ username }) => username);
  for (const user of all) await entries.deletePassword(service, user, { missingOk: true });
}

async function get(input: string, open: () => Promise<DockerStore>): Promise<string> {
  const server = parseServer(input);
  const { entries, prefix } = await open();
  return await atOnce(entries, async (entries) => {
    const service = prefix + server;
    const [found] = await newestOf(entries, service);
    // Under the requested service, which the store may write in another way.
    const entry = found ? { ...found, service } : findAlike(await entries.list(), prefix, server);
    const secret = entry && await entries.getPassword(entry.service, entry.username);
    if (!entry || !secret) throw new DockerError(NOT_FOUND);
    return goJson({ ServerURL: server, Username: entry.username, Secret: secret });
  });
}

async function erase(input: string, open: () => Promise<DockerStore>): Promise<void> {
  const server = parseServer(input);
  const { entries, prefix } = await open();
  await atOnce(entries, (entries) => remove(entries, prefix + server));
}

async function list(_: string, open: () => Promise<DockerStore>): Promise<string> {
  const { entries, prefix } = await open();
  const infos = newestFirst(await entries.list()).toReversed();
  const users = infos.filter(({ service }) => service.startsWith(prefix))
    .map(({ service, username }) => [service.slice(prefix.length), username] as const)
    .filter(([server]) => server !== "");
  return goJson(Object.fromEntries([...new Map(users)].toSorted()));
}

function parseCredentials(input: string) {
  const { ServerURL, Username, Secret } = parseJson(input);
  const [server, username, secret] = [ServerURL, Username, Secret].map((value = "") => {
    if (typeof value !== "string") throw new DockerError("the credentials are not strings");
    return value;
  });
  if (!server?.trim()) throw new DockerError(NO_SERVER);
  if (!username) throw new DockerError(NO_USERNAME);
  return { server: server.trim(), username, secret: secret ?? "" };
}

function parseJson(input: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(input);
  } catch {
    // Its message would show a part of the input.
  }
  if (typeof value === "object" && value !== null) return value as Record<string, unknown>;
  throw new DockerError("the input is not a JSON object");
}

function parseServer(input: string): string {
  // docker's helpers read line by line.
  const server = input.replaceAll(/\r?\n/g, "").trim();
  if (server === "") throw new DockerError(NO_SERVER);
  return server;
}

/** Finds the entry of the same host and port, if there is only one: not all callers give every part. */
function findAlike(
  entries: readonly EntryInfo[],
  prefix: string,
  server: string,
): EntryInfo | undefined {
  const asked = partsOf(server);
  const found = newestFirst(entries).filter(({ service }) =>
    service.startsWith(prefix) && areAlike(asked, partsOf(service.slice(prefix.length)))
  );
  return new Set(found.map(({ service }) => service)).size === 1 ? found[0] : undefined;
}

interface ServerParts {
  scheme: string;
  host: string;
  path: string;
}

function partsOf(server: string): ServerParts {
  const [, scheme = "", host = "", path = ""] =
    /^(?:(\w+):\/\/)?([^/]*)\/*(.*?)\/*$/s.exec(server) ??
      [];
  return { scheme, host, path };
}

function areAlike(a: ServerParts, b: ServerParts): boolean {
  const agree = (part: "scheme" | "path") => a[part] === b[part] || !a[part] || !b[part];
  return a.host === b.host && agree("scheme") && agree("path");
}

/** Writes JSON as Go does. */
function goJson(value: Record<string, string>): string {
  const json = JSON.stringify(value).replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
  return `${json}\n`;
}
