// The names of the items that a search found. A value with line breaks can look like the lines of
// other items, so each name that is in doubt is asked for by itself. Not in doubt is one that imitates
// whole items: it shows these and hides itself.

import type { Entry } from "../../backend.ts";
import { Failure } from "../../errors.ts";
import { lockedFailure } from "./refusals.ts";
import type { Attributes, Line, SearchResult } from "./search_output.ts";
import type { SecretTool } from "./secret_tool.ts";

const ATTEMPTS = 3;
// About names of several lines, in one listing.
const MOST_QUESTIONS = 200;
// The kernel counts the NUL at its end too.
const LONGEST_ARGUMENT = 131_071;
const ADVICE = "A name has line breaks that look like other names, or is very long. Remove or " +
  "rename that item in the desktop's own program, such as Seahorse.";

/**
 * Names the items that have a service and a username, each pair once, in the order of the search.
 * When some cannot be named it fails, or, if any will do, names the others.
 */
export async function listEntries(
  tool: SecretTool,
  searched: Attributes,
  any: boolean,
  signal?: AbortSignal,
): Promise<Entry[]> {
  for (let attempt = 1;; attempt++) {
    const found = await tool.search(searched, signal);
    if (found.hidden && !any) throw lockedFailure();
    const listing = new Listing(tool, signal);
    const entries = await listing.entries(searched, found);
    if (entries.length === 0 && found.locked) throw lockedFailure();
    const { doubtful } = listing;
    if (doubtful === 0 || any && entries.length > 0) return entries;
    // Another process may have stored or deleted one in the meantime.
    if (attempt < ATTEMPTS) continue;
    const what = doubtful === 1 ? "the names of 1 item" : `the names of ${doubtful} items`;
    throw new Failure("other", `${what} cannot be told apart`, { advice: ADVICE });
  }
}

/** The lines that begin with the same value. */
interface Root {
  starts: number[];
  /** How many of them the values account for that were found. */
  explained: number;
  /** Whether not all values that they could begin were asked for. */
  isCut?: boolean;
}

interface Candidate {
  root: Root;
  value: string;
  /** Where it begins and where it would end, each time. */
  places: { start: number; end: number }[];
}

class Listing {
  /** How many items could not be named. */
  doubtful = 0;
  #questions = 0;
  readonly #tool: SecretTool;
  readonly #signal: AbortSignal | undefined;

  constructor(tool: SecretTool, signal: AbortSignal | undefined) {
    this.#tool = tool;
    this.#signal = signal;
  }

  async entries(searched: Attributes, found: SearchResult): Promise<Entry[]> {
    const service = searched.get("service");
    if (service !== undefined) {
      const usernames = found.regular
        ? new Set(found.items.map((item) => item.get("username")))
        : (await this.#valuesOf("username", searched, found)).keys();
      return [...usernames].filter((name) => name !== undefined)
        .map((username) => ({ service, username }));
    }
    if (found.regular) return uniqueEntries(found.items);
    const entries: Entry[] = [];
    for (const [service, inService] of await this.#valuesOf("service", searched, found)) {
      const both = new Map([...searched, ["service", service]]);
      if (service !== "") entries.push(...await this.entries(both, inService));
    }
    return entries;
  }

  /**
   * Finds the values of an attribute. Each line that could begin one is asked for as it is. Where
   * fewer items have that value than there are such lines, one of them goes on in the next line, or
   * is itself inside another value.
   */
  async #valuesOf(
    name: string,
    searched: Attributes,
    { lines }: SearchResult,
  ): Promise<Map<string, SearchResult>> {
    const values = new Map<string, SearchResult>();
    const inside = new Set<number>();
    const queue = candidates(name, lines);
    const roots = queue.map(({ root }) => root);
    const left = ({ starts, explained }: Root) =>
      Math.max(0, starts.filter((start) => !inside.has(start)).length - explained);
    for (const { root, value, places } of queue) {
      const open = places.filter(({ start }) => !inside.has(start));
      if (open.length === 0 || left(root) === 0) continue;
      if (value.includes("\n")) this.#questions++;
      root.isCut ||= this.#questions > MOST_QUESTIONS || !isArgument(value);
      if (root.isCut) continue;
      const found = await this.#tool.search(new Map([...searched, [name, value]]), this.#signal);
      if (found.count > 0) values.set(value, found);
      root.explained += found.count;
      if (found.count < open.length) {
        queue.push(...longer({ root, value, places: open }, lines));
        continue;
      }
      for (const { start, end } of open) {
        for (let line = start + 1; line < end; line++) inside.add(line);
      }
    }
    for (const root of roots) if (root.isCut) this.doubtful += left(root);
    return values;
  }
}

function candidates(name: string, lines: readonly Line[]): Candidate[] {
  const byValue = new Map<string, Candidate>();
  for (const [start, { attribute, known }] of lines.entries()) {
    if (attribute?.[0] !== name || known) continue;
    const [, value] = attribute;
    const first: Candidate = { root: { starts: [], explained: 0 }, value, places: [] };
    const candidate = byValue.get(value) ?? first;
    candidate.root.starts.push(start);
    candidate.places.push({ start, end: start + 1 });
    byValue.set(value, candidate);
  }
  return [...byValue.values()];
}

function longer({ root, value, places }: Candidate, lines: readonly Line[]): Candidate[] {
  const going = places.filter(({ end }) => end < lines.length);
  return [...Map.groupBy(going, ({ end }) => lines[end]?.text)].map(([text, places]) => ({
    root,
    value: `${value}\n${text}`,
    places: places.map(({ start, end }) => ({ start, end: end + 1 })),
  }));
}

function uniqueEntries(items: readonly Attributes[]): Entry[] {
  const entries = new Map<string, Entry>();
  for (const item of items) {
    const [service, username] = [item.get("service"), item.get("username")];
    if (!service || username === undefined) continue;
    entries.set(JSON.stringify([service, username]), { service, username });
  }
  return [...entries.values()];
}

function isArgument(text: string): boolean {
  return !text.includes("\0") && new TextEncoder().encode(text).length <= LONGEST_ARGUMENT;
}
