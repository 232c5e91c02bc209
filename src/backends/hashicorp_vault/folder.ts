// Which entries there are: the names below a folder, without those whose latest version is deleted. No
// secret is read.

import type { EntryInfo } from "../../keyring.ts";
import type { VaultClient } from "./client.ts";
import type { Answer } from "./connection.ts";
import { failureOf, isForbidden, missingFailure, parse } from "./failures.ts";
import { literal, type PathTemplate } from "./path_template.ts";
import { stateOf, versionOf } from "./version.ts";

/** What is known of a name in a folder. */
interface State {
  deleted?: string;
  created?: Date;
}

interface Leaf extends State {
  path: string;
}

interface Metadata {
  current_version?: number;
  versions?: Record<string, object>;
}

export class Folder {
  readonly #client: VaultClient;
  readonly #mount: string;
  readonly #template: PathTemplate;

  constructor(client: VaultClient, mount: string, template: PathTemplate) {
    this.#client = client;
    this.#mount = mount;
    this.#template = template;
  }

  async entries(
    service: string | undefined,
    signal: AbortSignal | undefined,
  ): Promise<EntryInfo[]> {
    const { folder, levels } = this.#template.root(service);
    const leaves = levels === 0 ? [{ path: folder }] : await this.#leaves(folder, levels, signal);
    const found = await Promise.all(leaves.map((leaf) => this.#entriesAt(leaf, signal)));
    return found.flat().filter((entry) => service === undefined || entry.service === service);
  }

  async #entriesAt(leaf: Leaf, signal: AbortSignal | undefined): Promise<EntryInfo[]> {
    const names = this.#template.entryAt(leaf.path);
    if (!names || leaf.deleted) return [];
    if (!this.#template.hasFieldPerUsername) return [info(names.service, names.username, leaf)];
    const path = `subkeys/${leaf.path}`;
    const answer = await this.#request("GET", path, signal);
    const version = versionOf(answer, "subkeys");
    if (!version || version.deleted) return [];
    return Object.keys(version.fields).map((field) => info(names.service, field, version));
  }

  async #leaves(
    folder: string,
    levels: number,
    signal: AbortSignal | undefined,
  ): Promise<Leaf[]> {
    const isLast = levels === 1 || levels === Infinity;
    // The state matters where names are entries, not where they are folders.
    const wantsState = isLast && !this.#template.hasFieldPerUsername;
    const children = await this.#list(folder, wantsState, signal);
    const found = await Promise.all(
      [...children].map(async ([key, state]): Promise<Leaf[]> => {
        const name = literal(key.replace(/\/$/, ""));
        const path = folder === "" ? name : `${folder}/${name}`;
        if (key.endsWith("/")) {
          return levels > 1 ? await this.#leaves(path, levels - 1, signal) : [];
        }
        return isLast && this.#template.entryAt(path) ? [{ path, ...state }] : [];
      }),
    );
    return found.flat();
  }

  /** The names in a folder; one request for all, where the server (OpenBao) has that. */
  async #list(
    folder: string,
    wantsState: boolean,
    signal: AbortSignal | undefined,
  ): Promise<Map<string, State>> {
    if (wantsState) {
      const answer = await this.#request("LIST", `detailed-metadata/${folder}`, signal)
        .catch((error) => {
          if (!isForbidden(error)) throw error;
        });
      const { keys, key_info } = (answer?.status === 200 && parse(answer).data || {}) as {
        keys?: string[];
        key_info?: Record<string, Metadata>;
      };
      if (keys) return new Map(keys.map((key) => [key, stateOfLatest(key_info?.[key])]));
    }
    const answer = await this.#request("LIST", `metadata/${folder}`, signal);
    const { keys = [] } = (parse(answer).data ?? {}) as { keys?: string[] };
    const states = keys.map(async (key): Promise<[string, State]> => {
      if (!wantsState || key.endsWith("/")) return [key, {}];
      return [key, await this.#state(`${folder}/${literal(key)}`, signal)];
    });
    return new Map(await Promise.all(states));
  }

  async #state(path: string, signal: AbortSignal | undefined): Promise<State> {
    try {
      const answer = await this.#request("GET", `metadata/${path.replace(/^\//, "")}`, signal);
      return answer.status === 404
        ? { deleted: "meanwhile" }
        : stateOfLatest(parse(answer).data as Metadata);
    } catch (error) {
      // The names may be listed all the same.
      if (isForbidden(error)) return {};
      throw error;
    }
  }

  async #request(
    method: "GET" | "LIST",
    path: string,
    signal: AbortSignal | undefined,
  ): Promise<Answer> {
    const answer = await this.#client.request({ method, path: `${this.#mount}/${path}`, signal });
    if (answer.status === 200) return answer;
    if (answer.status !== 404) throw failureOf(answer);
    const isOther = path.startsWith("detailed-metadata/") || versionOf(answer) !== undefined;
    const failure = isOther ? undefined : missingFailure(answer, this.#mount);
    if (failure) throw failure;
    return answer;
  }
}

function stateOfLatest(metadata: Metadata | undefined): State {
  const latest = metadata?.versions?.[String(metadata.current_version)];
  // What was never written has none.
  return latest ? stateOf(latest) : metadata ? { deleted: "never written" } : {};
}

function info(service: string, username: string, { created }: State): EntryInfo {
  return { service, username, ...(created && { modified: created }) };
}
