/**
 * A worker for this library: `ours.ts default` as scripts use it, in the session of the store; the
 * others are a store's class with certain options.
 *
 * @module
 */

import type { OtherLibrary } from "../../dev/rig/other_libraries.mjs";
import type { Keyring } from "../../src/keyring.ts";
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

async function loadWindows(): Promise<OtherLibrary> {
  const { WindowsKeyring } = await import("../../src/backends/windows/backend.ts");
  return libraryOf(new WindowsKeyring());
}

async function loadSecretTool(): Promise<OtherLibrary> {
  const { SecretServiceKeyring } = await import("../../src/backends/secret_service/backend.ts");
  return libraryOf(new SecretServiceKeyring({ secretTool: "/usr/bin/secret-tool" }));
}

async function loadUnlocked(): Promise<OtherLibrary> {
  const { EncryptedFileKeyring } = await import("../../file.ts");
  return libraryOf(new EncryptedFileKeyring({ cacheSeconds: 3600 }));
}

/** A file of its own, beside the one that an identity opens. */
async function loadPassphrase(): Promise<OtherLibrary> {
  const { EncryptedFileKeyring } = await import("../../file.ts");
  const path = `${Deno.env.get("KEYRING_FILE")}.passphrase`;
  const keyring = new EncryptedFileKeyring({ path, passphrase: "made-up" });
  if (!await Deno.stat(path).catch(() => null)) await keyring.create();
  return libraryOf(keyring);
}

const LOADERS = {
  default: loadDefault,
  windows: loadWindows,
  "secret-tool": loadSecretTool,
  unlocked: loadUnlocked,
  passphrase: loadPassphrase,
};

if (import.meta.main) {
  const load = LOADERS[Deno.args[0] as keyof typeof LOADERS];
  await serve(load, {
    requests: Deno.stdin.readable,
    write: (bytes) => Deno.stdout.writeSync(bytes),
  });
}
