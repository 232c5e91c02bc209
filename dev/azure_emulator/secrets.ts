// The secrets of one Key Vault, from Microsoft's reference of its REST interface. Deleting and recovering
// take a while there: in between, a name is neither here nor there.

import { complaint, ok, type Reply } from "./reply.ts";

/** What a version is made of. */
export interface NewVersion {
  value?: unknown;
  contentType?: unknown;
  tags?: unknown;
  attributes?: Record<string, unknown>;
}

interface Version {
  id: string;
  value: string;
  contentType?: string;
  tags?: Record<string, string>;
  attributes: Record<string, unknown>;
}

interface Stored {
  name: string;
  versions: Version[];
  /** When it was deleted, in seconds. */
  deletedDate?: number;
  /** Until when it is between two states. */
  busyUntil: number;
}

const NAME = /^[0-9a-zA-Z-]{1,127}$/;
const MOST_BYTES = 25 * 1024;
const RETENTION_S = 90 * 24 * 3600;

export class Secrets {
  /** How long deleting and recovering take. */
  lagMs = 0;
  readonly #stored = new Map<string, Stored>();

  constructor(private readonly origin: string) {}

  set(name: string, { value, contentType, tags, attributes = {} }: NewVersion): Reply {
    if (!NAME.test(name)) return badParameter(`The request URI contains an invalid name: ${name}`);
    const problem = problemOf(value, contentType, tags);
    if (problem !== undefined) return badParameter(problem);
    const stored = this.#stored.get(name.toLowerCase());
    const conflict = stored && conflictOf(stored);
    if (conflict) return conflict;
    const now = seconds();
    const version: Version = {
      id: `${this.origin}/secrets/${name}/${crypto.randomUUID().replaceAll("-", "")}`,
      value: value as string,
      ...(contentType !== undefined && { contentType: contentType as string }),
      ...(tags !== undefined && { tags: tags as Record<string, string> }),
      attributes: { enabled: true, created: now, updated: now, ...attributes },
    };
    if (stored) stored.versions.push(version);
    else this.#stored.set(name.toLowerCase(), { name, versions: [version], busyUntil: 0 });
    return ok(described(version));
  }

  get(name: string, versionId?: string): Reply {
    const stored = this.#live(name);
    const version = versionId
      ? stored?.versions.find(({ id }) => id.endsWith(`/${versionId}`))
      : stored?.versions.at(-1);
    if (!version) return notFound(name);
    if (version.attributes.enabled === false) {
      const message = "Operation get is not allowed on a disabled secret.";
      return complaint(403, "Forbidden", message, "SecretDisabled");
    }
    return ok(described(version));
  }

  delete(name: string): Reply {
    const stored = this.#live(name);
    if (!stored) return notFound(name);
    stored.deletedDate = seconds();
    stored.busyUntil = Date.now() + this.lagMs;
    return ok(this.#deletedBundle(stored));
  }

  getDeleted(name: string): Reply {
    const stored = this.#deleted(name);
    return stored ? ok(this.#deletedBundle(stored)) : notFound(name);
  }

  recover(name: string): Reply {
    const stored = this.#stored.get(name.toLowerCase());
    if (stored?.deletedDate !== undefined && isBusy(stored)) return conflictOf(stored) as Reply;
    if (stored?.deletedDate === undefined) return notFound(name);
    delete stored.deletedDate;
    stored.busyUntil = Date.now() + this.lagMs;
    return ok(withoutValue(stored));
  }

  purge(name: string): Reply {
    if (!this.#deleted(name)) return notFound(name);
    this.#stored.delete(name.toLowerCase());
    return { status: 204 };
  }

  list(query: URLSearchParams, path: "secrets" | "deletedsecrets"): Reply {
    const most = Number(query.get("maxresults") ?? 25);
    if (!(most >= 1 && most <= 25)) return badParameter("maxresults must be from 1 to 25");
    const isListed = ({ name }: Stored) =>
      path === "secrets" ? this.#live(name) : this.#deleted(name);
    const all = [...this.#stored.values()].filter(isListed)
      .toSorted((a, b) => a.name < b.name ? -1 : 1);
    const start = Number(query.get("$skiptoken") ?? 0);
    const value = all.slice(start, start + most).map((stored) =>
      path === "secrets" ? withoutValue(stored) : this.#deletedBundle(stored)
    );
    const next = new URLSearchParams({
      "api-version": query.get("api-version") ?? "",
      "$skiptoken": String(start + most),
      maxresults: String(most),
    });
    const isLast = start + most >= all.length;
    return ok({ value, nextLink: isLast ? null : `${this.origin}:443/${path}?${next}` });
  }

  /** Changes what is stored behind the client's back. */
  edit(name: string, change: (version: Version) => void): void {
    const version = this.#stored.get(name.toLowerCase())?.versions.at(-1);
    if (!version) throw new Error(`There is no secret "${name}"`);
    change(version);
  }

  #live(name: string): Stored | undefined {
    const stored = this.#stored.get(name.toLowerCase());
    return stored?.deletedDate === undefined && stored && !isBusy(stored) ? stored : undefined;
  }

  #deleted(name: string): Stored | undefined {
    const stored = this.#stored.get(name.toLowerCase());
    return stored?.deletedDate !== undefined && !isBusy(stored) ? stored : undefined;
  }

  #deletedBundle(stored: Stored) {
    const { deletedDate = 0 } = stored;
    return {
      ...withoutValue(stored),
      recoveryId: `${this.origin}/deletedsecrets/${stored.name}`,
      deletedDate,
      scheduledPurgeDate: deletedDate + RETENTION_S,
    };
  }
}

function described(version: Version) {
  const recovery = { recoveryLevel: "Recoverable+Purgeable", recoverableDays: 90 };
  return { ...version, attributes: { ...version.attributes, ...recovery } };
}

function withoutValue({ versions }: Stored) {
  const last = versions.at(-1) as Version;
  const { value: _, id, ...rest } = described(last);
  return { ...rest, id: id.replace(/\/[^/]*$/, "") };
}

function isBusy({ busyUntil }: Stored): boolean {
  return Date.now() < busyUntil;
}

function conflictOf(stored: Stored): Reply | undefined {
  const isDeleted = stored.deletedDate !== undefined;
  if (!isDeleted && !isBusy(stored)) return undefined;
  const [state, inner] = !isBusy(stored)
    ? [
      "in a deleted but recoverable state, and its name cannot be reused; in this state, the " +
      "secret can only be recovered or purged.",
      "ObjectIsDeletedButRecoverable",
    ]
    : isDeleted
    ? ["being deleted and cannot be re-created; retry later.", "ObjectIsBeingDeleted"]
    : ["being recovered and cannot be re-created; retry later.", "ObjectIsBeingRecovered"];
  return complaint(409, "Conflict", `Secret ${stored.name} is currently ${state}`, inner);
}

function problemOf(value: unknown, contentType: unknown, tags: unknown): string | undefined {
  if (typeof value !== "string" || value === "") return "The parameter value is required.";
  if (new TextEncoder().encode(value).length > MOST_BYTES) return "The value is too long.";
  if (contentType !== undefined && String(contentType).length > 255) return "contentType";
  const pairs = Object.entries(tags ?? {});
  if (pairs.length > 15) return "There are more than 15 tags.";
  const isTooLong = pairs.some(([tag, text]) => tag.length > 256 || String(text).length > 256);
  return isTooLong ? "A tag is too long." : undefined;
}

function badParameter(message: string): Reply {
  return complaint(400, "BadParameter", message);
}

function notFound(name: string): Reply {
  const message =
    `A secret with (name/id) ${name} was not found in this key vault. If you recently ` +
    "deleted this secret you may be able to recover it using the correct recovery command.";
  return complaint(404, "SecretNotFound", message);
}

function seconds(): number {
  return Math.floor(Date.now() / 1000);
}
