// Python's keyring, and this library.

import type { Entry } from "../backend.ts";
import { foldCase } from "../lib/glob.ts";
import { itemForm } from "./items.ts";
import { APPLICATION } from "./names.ts";
import type {
  Attributes,
  CredentialLayout,
  CredentialNames,
  ItemLayout,
  Kind,
  Mark,
} from "./layout.ts";

export function compoundTarget(service: string, username: string): string {
  return `${username}@${service}`;
}

export function serviceOf(target: string, username: string): string {
  const prefix = compoundTarget("", username);
  return target.length > prefix.length && sameTarget(target.slice(0, prefix.length), prefix)
    ? target.slice(prefix.length)
    : target;
}

/** The services that a credential may belong to: one for ours, else both that Python tries. */
export function servicesOf(
  { target, userName, comment }: Pick<CredentialNames, "target" | "userName" | "comment">,
): string[] {
  const form = markOf(comment)?.form;
  const service = serviceOf(target, userName);
  if (form === "service" || service === target) return [target];
  return form === undefined ? [service, target] : [service];
}

/** Compares target names as Windows does: without regard to case. */
export function sameTarget(a: string, b: string): boolean {
  return foldCase(a) === foldCase(b);
}

/** How the target of an entry is composed: the service alone, or `user@service`. */
export type Form = "service" | "user@service";

/** The comments that this library writes: how the target is composed, and how the blob is encoded. */
export const COMMENT: Record<Form, Record<Kind, string>> = {
  "service": {
    text: "Stored using os-keyring",
    bytes: "Stored using os-keyring (bytes)",
  },
  "user@service": {
    text: "Stored using os-keyring (user@service)",
    bytes: "Stored using os-keyring (user@service, bytes)",
  },
};

export const PYTHON_COMMENT = "Stored using python-keyring";

const MARKS = new Map<string, Mark>(
  (["service", "user@service"] as const).flatMap((form) =>
    (["text", "bytes"] as const).map((kind) => [COMMENT[form][kind], { form, kind }])
  ),
);

/** Reads the comment of a credential; `undefined` where this library did not write it. */
export function markOf(comment: string): Mark | undefined {
  return MARKS.get(comment);
}

export const PYTHON_CREDENTIALS: CredentialLayout = {
  forms: [
    {
      name: "service",
      targetOf: ({ service }) => service,
      commentOf: (kind) => COMMENT["service"][kind],
      isService: true,
    },
    {
      name: "user@service",
      targetOf: ({ service, username }) => compoundTarget(service, username),
      commentOf: (kind) => COMMENT["user@service"][kind],
    },
  ],
  servicesOf,
  markOf,
  encoding: "detected",
  persistence: "local",
};

export function pythonItems(application: string = APPLICATION): ItemLayout {
  const form = itemForm({
    created: { application },
    listed: { application },
    allowed: { application: undefined },
    label: ({ service, username }) => `Password for '${username}' on '${service}'`,
  });
  return { forms: [{ ...form, looseNamesOf }] };
}

// Python reads every item with these two.
function looseNamesOf(attributes: Attributes): Entry | undefined {
  const [service, username] = [attributes.get("service"), attributes.get("username")];
  return service && username !== undefined ? { service, username } : undefined;
}
