// docker's credential helper over any keyring: the protocol of docker-credential-helpers. docker
// recognizes some failures by their text.

import type { EntryInfo, Keyring } from "../keyring.ts";

/** What docker is told instead of an answer, on standard output. */
export class DockerError extends Error {
  override name = "DockerError";
}

const NOT_FOUND = "credentials not found in native keychain";
const NO_SERVER = "no credentials server URL";
const NO_USERNAME = "no credentials username";

/** Where the entries are. */
export interface DockerStore {
  keyring: Keyring;
  /** What the service of an entry begins with, before the server. */
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
  const { keyring, prefix } = await open();
  const service = prefix + server;
  await atOnce(keyring, async (keyring) => {
    // docker's helpers find no empty secret.
    if (secret !== "" && await keyring.getPassword(service, username) !== secret) {
      await keyring.setPassword(service, username, secret);
    }
    // docker knows one user of a server: the last one who logged in.
    for (const other of await entriesOf(keyring, service)) {
      if (other.username === username && secret !== "") continue;
      await keyring.deletePassword(service, other.username, { missingOk: true });
    }
  });
}

async function get(input: string, open: () => Promise<DockerStore>): Promise<string> {
  const server = parseServer(input);
  const { keyring, prefix } = await open();
  return await atOnce(keyring, async (keyring) => {
    const [found] = await entriesOf(keyring, prefix + server);
    const entry = found ?? findAlike(await keyring.list(), prefix, server);
    const secret = entry && await keyring.getPassword(entry.service, entry.username);
    if (!entry || !secret) throw new DockerError(NOT_FOUND);
    return goJson({ ServerURL: server, Username: entry.username, Secret: secret });
  });
}

async function erase(input: string, open: () => Promise<DockerStore>): Promise<void> {
  const server = parseServer(input);
  const { keyring, prefix } = await open();
  await atOnce(keyring, async (keyring) => {
    for (const { service, username } of await entriesOf(keyring, prefix + server)) {
      await keyring.deletePassword(service, username, { missingOk: true });
    }
  });
}

async function list(_: string, open: () => Promise<DockerStore>): Promise<string> {
  const { keyring, prefix } = await open();
  const entries = newestFirst(await keyring.list()).toReversed();
  const users = entries.filter(({ service }) => service.startsWith(prefix))
    .map(({ service, username }) => [service.slice(prefix.length), username] as const)
    .filter(([server]) => server !== "");
  return goJson(Object.fromEntries([...new Map(users)].toSorted()));
}

async function atOnce<T>(keyring: Keyring, work: (keyring: Keyring) => Promise<T>): Promise<T> {
  return keyring.batch ? await keyring.batch(work) : await work(keyring);
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

async function entriesOf(keyring: Keyring, service: string): Promise<EntryInfo[]> {
  const entries = await keyring.list({ service });
  return newestFirst(entries.filter((entry) => entry.service === service));
}

function newestFirst(entries: readonly EntryInfo[]): EntryInfo[] {
  return entries.toSorted((a, b) => Number(b.modified ?? 0) - Number(a.modified ?? 0));
}

/** Finds the entry of the same host and port, if there is one only: not all callers give all. */
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
