// Where the entries are: `{service}/{username}#password`, or what an administrator set up before.

import type { Entry } from "../../backend.ts";
import { Failure, quote } from "../../errors.ts";
import { escapeName, unescapeName } from "./names.ts";

export const DEFAULT_TEMPLATE = "{service}/{username}#password";
const DEFAULT_FIELD = "password";

/** Where an entry is: a path below the mount, as it is written in URLs, and a field of its secret. */
export interface Place {
  path: string;
  field: string;
}

const SERVICE = "{service}";
// A service whose slashes separate folders.
const SERVICES = "{+service}";
const USERNAME = "{username}";

export class PathTemplate {
  /** Whether each username is a field of the secret of its service. */
  readonly hasFieldPerUsername: boolean;
  readonly #segments: readonly string[];
  readonly #field: string;

  constructor(template: string) {
    const hash = template.indexOf("#");
    this.#segments = (hash < 0 ? template : template.slice(0, hash)).split("/");
    this.#field = hash < 0 ? DEFAULT_FIELD : template.slice(hash + 1);
    this.hasFieldPerUsername = this.#field === USERNAME;
    const problem = this.#problem();
    if (problem === undefined) return;
    throw new Failure("other", `the path template ${quote(template)} ${problem}`, {
      advice: `Write it like "${DEFAULT_TEMPLATE}" or "team/{service}#{username}".`,
    });
  }

  place(entry: Entry): Place {
    const path = this.#segments.map((segment) => expand(segment, entry)).join("/");
    return { path, field: this.hasFieldPerUsername ? entry.username : this.#field };
  }

  /** The folder below which all entries are, or all of a service, and how many levels below it. */
  root(service?: string): { folder: string; levels: number } {
    const isUnknown = (segment: string) =>
      segment === USERNAME || (isService(segment) && service === undefined);
    const first = this.#segments.findIndex(isUnknown);
    const known = first < 0 ? this.#segments : this.#segments.slice(0, first);
    const folder = known.map((segment) =>
      expand(segment, { service: service ?? "", username: "" })
    );
    const rest = this.#segments.slice(known.length);
    const levels = rest.includes(SERVICES) ? Infinity : rest.length;
    return { folder: folder.join("/"), levels };
  }

  /** The names of what is at a path; `undefined` where it is none of our entries. */
  entryAt(path: string): Entry | undefined {
    const found = path.split("/");
    const names: Entry = { service: "", username: "" };
    const extra = found.length - this.#segments.length;
    if (extra < 0 || (extra > 0 && !this.#segments.includes(SERVICES))) return undefined;
    for (const segment of this.#segments) {
      const taken = found.splice(0, segment === SERVICES ? extra + 1 : 1);
      const name = segment === SERVICES
        ? unescapeAll(taken)
        : isService(segment) || segment === USERNAME
        ? unescapeName(taken[0] ?? "")
        : taken[0] === literal(segment)
        ? segment
        : undefined;
      if (name === undefined) return undefined;
      if (isService(segment)) names.service = name;
      else if (segment === USERNAME) names.username = name;
    }
    return names.service === "" ? undefined : names;
  }

  #problem(): string | undefined {
    const count = (isWanted: (segment: string) => boolean) =>
      this.#segments.filter(isWanted).length;
    const usernames = count((segment) => segment === USERNAME);
    if (count(isService) !== 1) return "must have {service} as one of its folders";
    if (usernames + (this.hasFieldPerUsername ? 1 : 0) !== 1) return "must have {username} once";
    if (this.#field === "") return "has no field after the #";
    const others = this.#segments.filter((segment) => !isService(segment) && segment !== USERNAME);
    const all = this.hasFieldPerUsername ? others : [...others, this.#field];
    if (all.some((text) => /[{}]/.test(text))) return "has braces that are no placeholder";
    return others.every(isSegment) ? undefined : "has a folder that no server takes";
  }
}

/** Whether a server takes this as a part of a path. */
export function isSegment(segment: string): boolean {
  // deno-lint-ignore no-control-regex -- the server refuses them
  return !/^\.{0,2}$|[\x00-\x1f\x7f]/.test(segment) && segment.isWellFormed();
}

function isService(segment: string): boolean {
  return segment === SERVICE || segment === SERVICES;
}

function expand(segment: string, { service, username }: Entry): string {
  if (segment === SERVICE) return escapeName(service);
  if (segment === SERVICES) return service.split("/").map(escapeName).join("/");
  return segment === USERNAME ? escapeName(username) : literal(segment);
}

/** A segment of a path, as URLs have it; what `escapeName` made stays as it is. */
export function literal(segment: string): string {
  return encodeURIComponent(segment).replaceAll("%40", "@");
}

function unescapeAll(segments: string[]): string | undefined {
  const names = segments.map(unescapeName);
  return names.includes(undefined) ? undefined : names.join("/");
}
