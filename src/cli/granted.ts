// What the command was granted when it was installed. Deno lists no permissions, and answers by name
// only: of other programs and files nothing is known.

import { lookUp } from "../lib/environment.ts";
import { allowFlag, WORD } from "../lib/shell.ts";
import { BACKENDS } from "../registry.ts";

const KINDS = ["env", "read", "write", "run", "net", "ffi", "sys"] as const;

type Kind = typeof KINDS[number];

/** The flags for what is granted, whatever is called, of all that the stores can need. */
export async function grantedFlags(): Promise<string[]> {
  const whole = KINDS.filter((kind) => isGranted(kind)).map((kind) => `--allow-${kind}`);
  const askpass = lookUp("KEYRING_ASKPASS");
  const asks = askpass.state === "set" && isGranted("run", askpass.value);
  return [
    ...whole,
    ...(asks ? [allowFlag("run", askpass.value)] : []),
    ...(await flagsOfStores()).flatMap(grantedValues),
  ];
}

async function flagsOfStores(): Promise<string[]> {
  const here = BACKENDS.filter(({ os }) => os === undefined || os === Deno.build.os);
  const flags = await Promise.all(here.map(async (row) => {
    try {
      return await (await row.load()).flags?.() ?? "";
    } catch {
      // What is set for it is wrong.
      return "";
    }
  }));
  return flags.flatMap((each) => each.match(WORD) ?? []);
}

// What a shell would still replace is no name that Deno knows.
function grantedValues(word: string): string[] {
  const plain = word.replace(/^'([^']*)'$/, "$1");
  const [, kind, values = ""] = /^--allow-(\w+)=("?[^"'$]+"?)$/.exec(plain) ?? [];
  const known = KINDS.find((each) => each === kind);
  if (known === undefined) return [];
  const granted = values.replaceAll('"', "").split(",").filter((name) => isGranted(known, name));
  return granted.length > 0 ? [`--allow-${known}="${granted.join(",")}"`] : [];
}

function isGranted(kind: Kind, value?: string): boolean {
  try {
    const { state, partial } = Deno.permissions.querySync(descriptorOf(kind, value));
    // Something of it is denied, by a flag that the new line would not have.
    return state === "granted" && !partial;
  } catch {
    return false;
  }
}

function descriptorOf(kind: Kind, value: string | undefined): Deno.PermissionDescriptor {
  if (value === undefined) return { name: kind };
  const member = { env: "variable", run: "command", net: "host", sys: "kind" };
  return {
    name: kind,
    [kind in member ? member[kind as keyof typeof member] : "path"]: value,
  } as Deno.PermissionDescriptor;
}
