// Which targets a filter means. Windows documents one form only, a beginning with one `*`; the
// rest is decided here, so that a filter means the same everywhere.

import { foldCase, stripNamespace } from "../backends/windows/target.ts";
import type { StoredCredential } from "../backends/windows/calls.ts";
import type { EnumerateFilter } from "../backends/windows/enumerate.ts";
import { plainTarget, typeNumber } from "../backends/windows/manager_convert.ts";
import type { CredentialInfo, EnumerateOptions } from "../backends/windows/manager_types.ts";

export function targetMatcher(filter: string): (target: string) => boolean {
  const pieces = foldCase(filter).split("*");
  return (target) => matches(foldCase(target), pieces);
}

// Not a regular expression: a filter with many stars would make one take for ever.
function matches(target: string, [first = "", ...others]: readonly string[]): boolean {
  const last = others.pop();
  if (last === undefined) return target === first;
  if (!target.startsWith(first)) return false;
  let position = first.length;
  for (const piece of others) {
    const found = target.indexOf(piece, position);
    if (found < 0) return false;
    position = found + piece.length;
  }
  return target.length - last.length >= position && target.endsWith(last);
}

/** What to ask Windows for, and which of its answers are meant. */
export interface Selection {
  filter: EnumerateFilter;
  meant(stored: StoredCredential): boolean;
}

export function select({ filter = "*", type, all = false }: EnumerateOptions): Selection {
  const pattern = stripNamespace(filter);
  const matches = targetMatcher(pattern);
  const wanted = type === undefined ? undefined : typeNumber(type);
  const prefix = pattern.split("*", 1)[0] ?? "";
  return {
    filter: { prefix: all ? "" : prefix, all },
    meant: (stored) =>
      (wanted === undefined || stored.type === wanted) &&
      matches(plainTarget(stored.target, stored.type)),
  };
}

export function compareTargets(a: CredentialInfo, b: CredentialInfo): number {
  if (a.target !== b.target) return a.target < b.target ? -1 : 1;
  return `${a.type}` < `${b.type}` ? -1 : 1;
}
