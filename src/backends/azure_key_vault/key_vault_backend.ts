import type { Backend, Entry, Secret } from "../../backend.ts";
import { Failure } from "../../errors.ts";
import type { EntryInfo } from "../../keyring.ts";
import { SecretCache } from "../../lib/secret_cache.ts";
import { CONCURRENCY, KeyVaultClient } from "./client.ts";
import { complaintOf, failureOf, parse } from "./failures.ts";
import { checkNames, entryOf, nameOf, otherTags, PREFIX, type Tags, tagsOf } from "./names.ts";
import type { AzureKeyVaultOptions } from "./options.ts";
import { put, type PutOptions } from "./put.ts";
import { fromValue, LARGEST_SECRET, toValue } from "./stored_form.ts";

const TIMEOUT_MS = 60_000;
const MOST_TAGS = 15;

/** A secret, as the Key Vault describes it. */
interface Described {
  id?: string;
  value?: string;
  tags?: Tags;
  attributes?: { updated?: number };
}

export class KeyVaultBackend implements Backend {
  readonly name = "Azure Key Vault";
  // Escaped, they take up to six tags each.
  readonly limits = { unit: "bytes", service: 512, username: 512 } as const;
  readonly maxSecretBytes = LARGEST_SECRET;
  readonly concurrency = CONCURRENCY;
  readonly timeoutMs: number;
  readonly client: KeyVaultClient;
  readonly #cache: SecretCache;
  readonly #onRecover: PutOptions["onRecover"];

  constructor(options: AzureKeyVaultOptions) {
    this.client = new KeyVaultClient(options);
    this.timeoutMs = options.timeoutMs ?? TIMEOUT_MS;
    this.#cache = new SecretCache((options.cacheSeconds ?? 0) * 1000);
    this.#onRecover = options.onRecover ?? (() => {});
  }

  async read(entry: Entry, signal?: AbortSignal): Promise<Secret | null> {
    const name = await nameOf(entry);
    const cached = this.#cache.get(name);
    if (cached) return { bytes: cached };
    const { generation } = this.#cache;
    const found = await this.#get(name, signal);
    if (!found) return null;
    checkNames(found.tags, entry, name, this.client.place.vault);
    if (typeof found.value !== "string") {
      throw new Failure("unavailable", "the Key Vault answered without a value");
    }
    const bytes = fromValue(found.value);
    this.#cache.keep(name, bytes, generation);
    return { bytes };
  }

  async write(entry: Entry, { bytes }: Secret, signal?: AbortSignal): Promise<Uint8Array[]> {
    const value = toValue(bytes);
    const name = await nameOf(entry);
    const found = await this.#get(name, signal);
    const withTags = (tags: Tags | undefined) => {
      if (entryOf(tags)) checkNames(tags, entry, name, this.client.place.vault);
      const all = { ...otherTags(tags), ...tagsOf(entry) };
      if (Object.keys(all).length > MOST_TAGS) throw tooManyTags(name);
      return { ...value, tags: all };
    };
    try {
      await put(this.client, name, withTags, found?.tags, {
        limitMs: this.timeoutMs * 0.75,
        onRecover: this.#onRecover,
        signal,
      });
    } finally {
      this.#cache.forget(name);
    }
    return [];
  }

  async remove(entry: Entry, signal?: AbortSignal): Promise<Uint8Array[] | null> {
    const name = await nameOf(entry);
    const { place } = this.client;
    try {
      const message = { method: "DELETE", path: `/secrets/${name}`, signal } as const;
      const answer = await this.client.request({ ...message, action: "delete" }, [200, 404, 409]);
      if (answer.status === 200) return [];
      // A try that seemed lost may have deleted it.
      const { code, inner } = complaintOf(answer);
      if (code === "SecretNotFound" || inner === "ObjectIsBeingDeleted") {
        return answer.tries > 1 ? [] : null;
      }
      throw failureOf(answer, "delete", place.origin);
    } finally {
      this.#cache.forget(name);
    }
  }

  async list(service: string | undefined, signal?: AbortSignal): Promise<EntryInfo[]> {
    const entries: EntryInfo[] = [];
    let path: string | undefined = "/secrets?maxresults=25";
    while (path !== undefined) {
      const message = { method: "GET", path, action: "readMetadata", signal } as const;
      const page = parse(await this.client.request(message, [200]));
      for (const described of Array.isArray(page.value) ? page.value : []) {
        const info = await infoOf(described);
        if (info && (service === undefined || info.service === service)) entries.push(info);
      }
      path = nextPath(page.nextLink, this.client.place.origin);
    }
    return entries;
  }

  clearCache(): void {
    this.#cache.clear();
  }

  async #get(name: string, signal: AbortSignal | undefined): Promise<Described | undefined> {
    const message = { method: "GET", path: `/secrets/${name}`, signal } as const;
    const answer = await this.client.request({ ...message, action: "getSecret" }, [200, 404]);
    if (answer.status === 200) return parse(answer);
    const { code } = complaintOf(answer);
    if (code === "SecretNotFound") return undefined;
    throw failureOf(answer, "getSecret", this.client.place.origin);
  }
}

async function infoOf({ id, tags, attributes }: Described): Promise<EntryInfo | undefined> {
  const name = id?.split("/").at(-1)?.toLowerCase();
  const entry = entryOf(tags);
  if (!entry || !name?.startsWith(PREFIX) || await nameOf(entry) !== name) return undefined;
  const { updated } = attributes ?? {};
  return { ...entry, ...(updated !== undefined && { modified: new Date(updated * 1000) }) };
}

// The token would follow wherever the link leads.
function nextPath(link: unknown, origin: string): string | undefined {
  if (typeof link !== "string" || link === "") return undefined;
  const url = URL.canParse(link) ? new URL(link) : undefined;
  if (url?.origin !== origin || !url.pathname.startsWith("/secrets")) {
    throw new Failure("unavailable", "the list of the Key Vault continues in another place");
  }
  url.searchParams.delete("api-version");
  return `${url.pathname}${url.search}`;
}

function tooManyTags(name: string): Failure {
  const reason = `with the names, its secret "${name}" would have more than ${MOST_TAGS} tags`;
  return new Failure("other", reason, { advice: "Remove some of its other tags." });
}
