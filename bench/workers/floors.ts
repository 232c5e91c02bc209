/**
 * A worker for what the calls themselves cost, with no library around them: `floors.ts WHAT`.
 *
 * @module
 */

import type { OtherLibrary } from "../../dev/rig/other_libraries.mjs";
import { outputOf } from "../instrument/output.ts";
import { loadAge, loadAgePackage } from "./floors/age.ts";
import { loadKWallet } from "./floors/kwallet.ts";
import { loadBao, loadFetch } from "./floors/openbao.ts";
import { serve } from "./serve.mjs";

async function secretTool(args: string[], input?: string): Promise<Uint8Array> {
  const { stdout, stderr } = await outputOf(["/usr/bin/secret-tool", ...args], input);
  return args[0] === "search" ? stderr : stdout;
}

/** One process a call: nothing that runs `secret-tool` can be faster. */
function loadSecretTool(): OtherLibrary {
  const names = (...words: string[]) => ["service", ...words];
  return {
    async get(service, username) {
      const found = await secretTool(["lookup", ...names(service, "username", username)]);
      return found.length === 0 ? null : new TextDecoder().decode(found);
    },
    set: (service, username, password) =>
      secretTool(["store", "--label=bench", ...names(service, "username", username)], password),
    remove: (service, username) => secretTool(["clear", ...names(service, "username", username)]),
    async list(service) {
      const text = new TextDecoder().decode(
        await secretTool(["search", "--all", ...names(service)]),
      );
      return text.match(/^attribute\.username = /gm) ?? [];
    },
  };
}

const LOADERS: Record<string, () => OtherLibrary | Promise<OtherLibrary>> = {
  "secret-tool": loadSecretTool,
  kwallet: loadKWallet,
  "age-package": loadAgePackage,
  age: loadAge,
  fetch: loadFetch,
  bao: () => loadBao(Deno.args[1] ?? ""),
};

if (import.meta.main) {
  const load = LOADERS[Deno.args[0] ?? ""];
  if (!load) throw new TypeError(`Unknown floor "${Deno.args[0]}"`);
  await serve(async () => await load(), {
    requests: Deno.stdin.readable,
    write: (bytes) => Deno.stdout.writeSync(bytes),
  });
}
