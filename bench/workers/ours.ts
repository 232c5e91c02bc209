/**
 * A worker for this library: `ours.ts default` as scripts use it, `ours.ts store` for the store's
 * class on Windows and for the way by `secret-tool` on Linux, and `ours.ts secret-tool` for that bare
 * program.
 *
 * @module
 */

import type { OtherLibrary } from "../../dev/rig/other_libraries.mjs";
import type { Keyring } from "../../src/keyring.ts";
import { outputOf } from "../instrument/output.ts";
import { serve } from "./serve.mjs";

function libraryOf(keyring: Keyring): OtherLibrary {
  return {
    get: (service, username) => keyring.getPassword(service, username),
    set: (service, username, password) => keyring.setPassword(service, username, password),
    remove: (service, username) => keyring.deletePassword(service, username),
    list: (service) => list(keyring, service),
  };
}

// On Windows the filling lies at targets that keytar finds, and these are services of their own.
async function list(keyring: Pick<Keyring, "list">, service: string): Promise<unknown[]> {
  if (Deno.build.os !== "windows") return await keyring.list({ service });
  return (await keyring.list()).filter((entry) => entry.service.startsWith(service));
}

async function loadDefault(): Promise<OtherLibrary> {
  const keyring = await import("../../mod.ts");
  return {
    get: keyring.getPassword,
    set: keyring.setPassword,
    remove: keyring.deletePassword,
    list: (service) => list(keyring, service),
  };
}

async function loadStore(): Promise<OtherLibrary> {
  if (Deno.build.os === "windows") {
    const { WindowsKeyring } = await import("../../src/backends/windows/backend.ts");
    return libraryOf(new WindowsKeyring());
  }
  const { SecretServiceKeyring } = await import("../../src/backends/secret_service/backend.ts");
  return libraryOf(new SecretServiceKeyring({ secretTool: "/usr/bin/secret-tool" }));
}

async function secretTool(args: string[], input?: string): Promise<Uint8Array> {
  const { stdout, stderr } = await outputOf(["/usr/bin/secret-tool", ...args], input);
  return args[0] === "search" ? stderr : stdout;
}

/** One process a call: nothing that runs `secret-tool` can be faster. */
function loadSecretTool(): Promise<OtherLibrary> {
  const names = (...words: string[]) => ["service", ...words];
  return Promise.resolve({
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
  });
}

const LOADERS = { default: loadDefault, store: loadStore, "secret-tool": loadSecretTool };

if (import.meta.main) {
  const load = LOADERS[Deno.args[0] as keyof typeof LOADERS];
  await serve(load, {
    requests: Deno.stdin.readable,
    write: (bytes) => Deno.stdout.writeSync(bytes),
  });
}
