// Which entries exist: the names below a folder, without those whose latest version is deleted. No
// secret is read.

import type { Entry } from "../../backend.ts";
import type { EntryInfo } from "../../keyring.ts";
import type { Answer } from "./connection.ts";
import type { KeyValueEngine } from "./engine.ts";
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

/** Where to look. */
interface Branch {
  folder: string;
  /** How many levels below it the entries are. */
  levels: number;
  /** By folder, the names that are of interest, as they are in paths; all where it is missing. */
  wanted?: Map<string, Set<string>> | undefined;
}

const FEW_FOLDERS = 20;

export class Folder {
  readonly #engine: KeyValueEngine;
  readonly #template: PathTemplate;

  constructor(engine: KeyValueEngine, template: PathTemplate) {
    this.#engine = engine;
    this.#template = template;
  }

  async entries(
    service: string | undefined,
    signal: AbortSignal | undefined,
  ): Promise<EntryInfo[]> {
    const { folder, levels } = this.#template.root(service);
    const leaves = await this.#leaves({ folder, levels }, signal);
    const found = await Promise.all(leaves.map((leaf) => this.#entriesAt(leaf, signal)));
    return found.flat().filter((entry) => service === undefined || entry.service === service);
  }

  async hasEach(entries: readonly Entry[], signal: AbortSignal | undefined): Promise<boolean[]> {
    const wanted = new Map<string, Set<string>>();
    for (const entry of entries) addPath(wanted, this.#template.place(entry).path);
    const leaves = await this.#leaves({ ...this.#template.root(), wanted }, signal);
    const found = await Promise.all(leaves.map((leaf) => this.#entriesAt(leaf, signal)));
    const keys = new Set(found.flat().map(keyOf));
    return entries.map((entry) => keys.has(keyOf(entry)));
  }

  async #entriesAt(leaf: Leaf, signal: AbortSignal | undefined): Promise<EntryInfo[]> {
    const names = this.#template.entryAt(leaf.path);
    if (!names || leaf.deleted) return [];
    if (!this.#template.hasFieldPerUsername) return [info(names.service, names.username, leaf)];
    const answer = await this.#request("GET", `subkeys/${leaf.path}`, signal);
    const version = versionOf(answer, "subkeys");
    if (!version || version.deleted) return [];
    return Object.keys(version.fields).map((field) => info(names.service, field, version));
  }

  async #leaves(place: Branch, signal: AbortSignal | undefined): Promise<Leaf[]> {
    const { folder, levels, wanted } = place;
    if (levels === 0) return [{ path: folder }];
    const isLast = levels === 1 || levels === Infinity;
    const children = [...await this.#children(place, isLast, signal)];
    const found = await Promise.all(children.map(async ([key, state]): Promise<Leaf[]> => {
      const name = key.replace(/\/$/, "");
      if (wanted && !wanted.get(folder)?.has(name)) return [];
      const path = join(folder, name);
      if (!key.endsWith("/")) {
        return isLast && this.#template.entryAt(path) ? [{ path, ...state }] : [];
      }
      const below = { folder: path, levels: levels - 1, wanted };
      return levels > 1 ? await this.#leaves(below, signal) : [];
    }));
    return found.flat();
  }

  /** What is in a folder; where that may not be asked, or a few are wanted, these themselves. */
  async #children(
    { folder, levels, wanted }: Branch,
    isLast: boolean,
    signal: AbortSignal | undefined,
  ): Promise<Map<string, State>> {
    const folders = () => new Map([...wanted?.get(folder) ?? []].map((name) => [`${name}/`, {}]));
    if (wanted && levels !== Infinity && levels > 1 && folders().size <= FEW_FOLDERS) {
      return folders();
    }
    // The state matters where names are entries, not where they are folders.
    const wantsState = isLast && !this.#template.hasFieldPerUsername;
    try {
      return await this.#list(folder, wantsState, signal);
    } catch (error) {
      if (!wanted || levels === 1 || levels === Infinity || !isForbidden(error)) throw error;
      return folders();
    }
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
      if (keys) return new Map(keys.map((key) => [inPath(key), stateOfLatest(key_info?.[key])]));
    }
    const answer = await this.#request("LIST", `metadata/${folder}`, signal);
    const { keys = [] } = (parse(answer).data ?? {}) as { keys?: string[] };
    const states = keys.map(inPath).map(async (key): Promise<[string, State]> => {
      if (!wantsState || key.endsWith("/")) return [key, {}];
      return [key, await this.#state(join(folder, key), signal)];
    });
    return new Map(await Promise.all(states));
  }

  async #state(path: string, signal: AbortSignal | undefined): Promise<State> {
    try {
      const answer = await this.#request("GET", `metadata/${path}`, signal);
      return answer.status === 404
        ? { deleted: "meanwhile" }
        : stateOfLatest(parse(answer).data as Metadata);
    } catch (error) {
      // The names may be listed nevertheless.
      if (isForbidden(error)) return {};
      throw error;
    }
  }

  async #request(
    method: "GET" | "LIST",
    path: string,
    signal: AbortSignal | undefined,
  ): Promise<Answer> {
    const { client, mount } = this.#engine;
    const answer = await client.request({ method, path: `${mount}/${path}`, signal });
    if (answer.status === 200) return answer;
    if (answer.status !== 404) throw failureOf(answer);
    const isOther = path.startsWith("detailed-metadata/") || versionOf(answer) !== undefined;
    const failure = isOther ? undefined : missingFailure(answer, mount);
    if (failure) throw failure;
    return answer;
  }
}

/** A name as the server lists it, with a slash after that of a folder, as it is in paths. */
function inPath(key: string): string {
  return key.endsWith("/") ? `${literal(key.slice(0, -1))}/` : literal(key);
}

function join(folder: string, name: string): string {
  return folder === "" ? name : `${folder}/${name}`;
}

function addPath(wanted: Map<string, Set<string>>, path: string): void {
  const names = path.split("/");
  for (const [index, name] of names.entries()) {
    const folder = names.slice(0, index).join("/");
    wanted.set(folder, (wanted.get(folder) ?? new Set()).add(name));
  }
}

function keyOf({ service, username }: Entry): string {
  return JSON.stringify([service, username]);
}

function stateOfLatest(metadata: Metadata | undefined): State {
  const latest = metadata?.versions?.[String(metadata.current_version)];
  // What was never written has none.
  return latest ? stateOf(latest) : metadata ? { deleted: "never written" } : {};
}

function info(service: string, username: string, { created }: State): EntryInfo {
  return { service, username, ...(created && { modified: created }) };
}
