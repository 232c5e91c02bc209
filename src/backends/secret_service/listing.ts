// The names of the items that a search found. Its output cannot be told apart for sure, so a name
// that is in doubt is searched for by itself.

import type { SecretTool } from "./secret_tool.ts";
import type { Attributes, SearchResult } from "./search_output.ts";

// The kernel counts the NUL at its end too.
const LONGEST_ARGUMENT = 131_071;

export interface Names {
  service: string;
  username: string;
}

/** Names the items that have a service and a username, each pair once. */
export async function namesOf(
  tool: SecretTool,
  searched: Attributes,
  result: SearchResult,
  signal?: AbortSignal,
): Promise<Names[]> {
  const names = new Map<string, Names>();
  for (const item of result.items) {
    // All items have what was searched for, also one whose lines were taken for another's.
    const service = searched.get("service") ?? item.get("service");
    const username = item.get("username");
    if (!service || username === undefined) continue;
    names.set(JSON.stringify([service, username]), { service, username });
  }
  if (result.regular) return [...names.values()];
  const certain: Names[] = [];
  for (const candidate of names.values()) {
    if (await exists(tool, searched, candidate, signal)) certain.push(candidate);
  }
  return certain;
}

async function exists(
  tool: SecretTool,
  searched: Attributes,
  { service, username }: Names,
  signal?: AbortSignal,
): Promise<boolean> {
  // What a doubtful line says may not even be fit to be an argument.
  if (![service, username].every(isArgument)) return false;
  const exact = new Map([...searched, ["service", service], ["username", username]]);
  const { items, locked } = await tool.search(exact, signal);
  return items.length > 0 || locked;
}

function isArgument(text: string): boolean {
  return !text.includes("\0") && new TextEncoder().encode(text).length <= LONGEST_ARGUMENT;
}
