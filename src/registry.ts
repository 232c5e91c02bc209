// The stores that there are: their names, here and in Python's keyring, their priorities, and how
// each is made. A store's code is loaded when it is chosen: the command would spend more time on
// loading all of them than on its work.

import { FailKeyring } from "./backends/fail.ts";
import { NullKeyring } from "./backends/null.ts";
import { secretServiceProperties, windowsProperties } from "./properties.ts";
import type { CallOptions, Keyring } from "./keyring.ts";
import type { AskPassphrase } from "./backends/file/key.ts";

export interface Viability {
  /** Whether it can, once the missing permission is there. */
  viable: boolean;
  reason?: string;
  /** The Deno flag that is missing. */
  flag?: string;
}

/** What a store may need of the program that uses it. */
export interface CreateOptions {
  /** Asks a person for the passphrase of an encrypted file; without it nobody is asked. */
  askPassphrase?: AskPassphrase | undefined;
}

export interface Store {
  /** Its name in `KEYRING_BACKEND` and on the command line. */
  id: string;
  name: string;
  /** The class of Python's keyring that keeps its entries in the same place, if there is one. */
  pythonName?: string;
  /** Further classes of Python's keyring that mean this store. */
  pythonAliases?: string[];
  /** Of the viable stores the one with the highest is chosen; below 0, only by name. */
  priority: number;
  /** The system it belongs to; without one, every system has it. */
  os?: typeof Deno.build.os;
  create(options?: CreateOptions): Promise<Keyring>;
  /** Looks whether it can be used: never prompts, never hangs, never writes. */
  probe(options?: CallOptions): Promise<Viability>;
}

export const STORES: readonly Store[] = [
  {
    id: "windows",
    name: "Windows Credential Manager",
    pythonName: "keyring.backends.Windows.WinVaultKeyring",
    priority: 5,
    os: "windows",
    create: createWindows,
    probe: async () => (await import("./backends/windows/errors.ts")).probeWindows(),
  },
  {
    id: "macos",
    name: "macOS Keychain",
    pythonName: "keyring.backends.macOS.Keyring",
    priority: 5,
    os: "darwin",
    create: createMacOS,
    probe: async (options) => await (await import("./backends/macos/probe.ts")).probeMacOS(options),
  },
  {
    id: "secret-service",
    name: "Secret Service",
    pythonName: "keyring.backends.SecretService.Keyring",
    pythonAliases: ["keyring.backends.libsecret.Keyring", "keyring.backends.kwallet.DBusKeyring"],
    priority: 5,
    os: "linux",
    create: createSecretService,
    probe: async (options) =>
      await (await import("./backends/secret_service/probe.ts")).probeSecretService(options),
  },
  {
    id: "fail",
    name: "Fail",
    pythonName: "keyring.backends.fail.Keyring",
    priority: 0,
    create: () => Promise.resolve(new FailKeyring()),
    probe: alwaysViable,
  },
  {
    id: "null",
    name: "Null",
    pythonName: "keyring.backends.null.Keyring",
    priority: -1,
    create: () => Promise.resolve(new NullKeyring()),
    probe: alwaysViable,
  },
  {
    id: "chain",
    name: "Chain",
    pythonName: "keyring.backends.chainer.ChainerBackend",
    priority: -1,
    create: createChain,
    probe: alwaysViable,
  },
  {
    id: "file",
    name: "Encrypted file",
    priority: -1,
    create: createFile,
    probe: async () => await (await import("./backends/file/probe.ts")).probeFile(),
  },
];

/** The stores that this system has and that are chosen without being named. */
export function storesOfThisSystem(): Store[] {
  return STORES
    .filter(({ os, priority }) => priority > 0 && (os === undefined || os === Deno.build.os))
    .toSorted((a, b) => b.priority - a.priority);
}

async function createWindows(): Promise<Keyring> {
  const { WindowsKeyring } = await import("./backends/windows/backend.ts");
  return await whole(new WindowsKeyring(windowsProperties()));
}

async function createMacOS(): Promise<Keyring> {
  const { MacOSKeyring } = await import("./backends/macos/backend.ts");
  return await whole(new MacOSKeyring());
}

async function createSecretService(): Promise<Keyring> {
  const { SecretServiceKeyring } = await import("./backends/secret_service/backend.ts");
  return await whole(new SecretServiceKeyring(secretServiceProperties()));
}

async function createChain(): Promise<Keyring> {
  const { ChainKeyring } = await import("./backends/chain.ts");
  return new ChainKeyring(await Promise.all(storesOfThisSystem().map((store) => store.create())));
}

async function createFile({ askPassphrase }: CreateOptions = {}): Promise<Keyring> {
  const { EncryptedFileKeyring } = await import("./backends/file/backend.ts");
  return new EncryptedFileKeyring(askPassphrase ? { passphrase: askPassphrase } : {});
}

async function whole(keyring: Keyring): Promise<Keyring> {
  const { LargeSecretKeyring } = await import("./large_secrets/large_secret_keyring.ts");
  return new LargeSecretKeyring(keyring);
}

function alwaysViable(): Promise<Viability> {
  return Promise.resolve({ viable: true });
}

/** Finds a store by its name or by the name of Python's class. */
export function findStore(name: string): Store | undefined {
  return STORES.find(({ id, pythonName, pythonAliases }) =>
    id === name || pythonName === name || pythonAliases?.includes(name)
  );
}
