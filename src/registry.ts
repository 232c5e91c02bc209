// All backends. A backend's code is loaded when it is chosen: the command would spend more time on
// loading all of them than on its work.

import type { AskPassphrase } from "./backends/file/key.ts";
import { chainOrder } from "./chain_order.ts";
import { KeyringError, type KeyringPermissionError, type Viability } from "./errors.ts";
import type { CallOptions, Keyring } from "./keyring.ts";
import type { LayoutName } from "./layouts/names.ts";

/** What a backend may need from the program that uses it. */
export interface CreateOptions {
  /** Asks a person for the passphrase of an encrypted file; if missing, nobody is asked. */
  askPassphrase?: AskPassphrase | undefined;
  /** Whether nobody is present: it opens no dialog and unlocks nothing, but fails as locked. */
  unattended?: boolean | undefined;
  /** The program whose entries to use, if several programs keep theirs in the store. */
  layout?: LayoutName | undefined;
  /** Like `layout`; ignored if no other program keeps entries in the store. */
  preferredLayout?: LayoutName | undefined;
  /** Receives a sentence that a person should read, although nothing failed. */
  notify?: ((notice: string) => void | Promise<void>) | undefined;
}

/** What the module of a backend exports. */
export interface BackendModule {
  /** Makes its keyring, with its settings from the environment; opens nothing. */
  open(options?: CreateOptions): Keyring | Promise<Keyring>;
  /** Finds out whether it can be used: never prompts, never hangs, never writes. */
  probe(options?: CallOptions): Viability | Promise<Viability>;
  /** The complete Deno flags that it needs here, for a shell. Reads only what it may. */
  flags?(): string | Promise<string>;
}

export interface BackendRow {
  /** Its name in `KEYRING_BACKEND` and on the command line. */
  id: string;
  /** Its name in its system. */
  name: string;
  /** Other names for it. */
  aliases?: readonly string[];
  /** The classes of Python's keyring that keep their entries in the same place. */
  pythonNames: readonly string[];
  /** The backend of this system with the highest priority is chosen; one below 0 only by name. */
  priority: number;
  /** The system that it belongs to; missing if every system has it. */
  os?: typeof Deno.build.os;
  /** Whether other programs keep their entries there, each in its own layout. */
  hasLayouts?: true;
  /** The variables with its settings, except those that locate its entries. */
  settings?: readonly string[];
  /** Whether listing it never unlocks anything or prompts, so that completion may do it. */
  listsQuietly?: true;
  /** Whether it comes first here, whatever the priorities: never prompts or starts anything. */
  isPreferred?(): Promise<boolean>;
  load(): Promise<BackendModule>;
}

export const BACKENDS: readonly BackendRow[] = [
  {
    id: "windows",
    name: "Windows Credential Manager",
    pythonNames: ["keyring.backends.Windows.WinVaultKeyring"],
    priority: 5,
    os: "windows",
    hasLayouts: true,
    settings: ["KEYRING_PROPERTY_PERSIST"],
    listsQuietly: true,
    load: () => import("./backends/windows/open.ts"),
  },
  {
    id: "macos",
    name: "macOS Keychain",
    pythonNames: ["keyring.backends.macOS.Keyring"],
    priority: 5,
    os: "darwin",
    hasLayouts: true,
    listsQuietly: true,
    load: () => import("./backends/macos/backend.ts"),
  },
  {
    id: "secret-service",
    name: "Secret Service",
    pythonNames: [
      "keyring.backends.SecretService.Keyring",
      "keyring.backends.libsecret.Keyring",
    ],
    priority: 5,
    os: "linux",
    hasLayouts: true,
    settings: ["KEYRING_PROPERTY_APPID"],
    listsQuietly: true,
    load: () => import("./backends/secret_service/open.ts"),
  },
  {
    id: "kwallet",
    name: "KDE Wallet",
    pythonNames: ["keyring.backends.kwallet.DBusKeyring"],
    priority: 4.9,
    os: "linux",
    isPreferred: async () => (await import("./backends/kwallet/desktop.ts")).isDesktopKeyring(),
    load: () => import("./backends/kwallet/backend.ts"),
  },
  {
    id: "fail",
    name: "Fail",
    pythonNames: ["keyring.backends.fail.Keyring"],
    priority: 0,
    load: () => import("./backends/fail.ts"),
  },
  {
    id: "null",
    name: "Null",
    pythonNames: ["keyring.backends.null.Keyring"],
    priority: -1,
    load: () => import("./backends/null.ts"),
  },
  {
    id: "chain",
    name: "Chain",
    pythonNames: ["keyring.backends.chainer.ChainerBackend"],
    priority: -1,
    load: loadChain,
  },
  {
    id: "file",
    name: "Encrypted file",
    pythonNames: [],
    priority: -1,
    load: () => import("./backends/file/backend.ts"),
  },
  {
    id: "hashicorp-vault",
    name: "HashiCorp Vault",
    aliases: ["openbao"],
    pythonNames: [],
    priority: -1,
    // Each of them changes the location or the server.
    settings: [
      ...["ADDR", "AGENT_ADDR", "NAMESPACE"].flatMap((name) => [`BAO_${name}`, `VAULT_${name}`]),
      "KEYRING_VAULT_MOUNT",
      "KEYRING_VAULT_PATH",
    ],
    load: () => import("./backends/hashicorp_vault/backend.ts"),
  },
  {
    id: "azure-key-vault",
    name: "Azure Key Vault",
    pythonNames: [],
    priority: -1,
    // Each of them changes the location or the login.
    settings: [
      "KEYRING_AZURE_VAULT",
      "KEYRING_AZURE_CLOUD",
      ...["AUTHORITY_HOST", "TOKEN_CREDENTIALS", "TENANT_ID", "CLIENT_ID", "CLIENT_SECRET"]
        .map((name) => `AZURE_${name}`),
      "AZURE_FEDERATED_TOKEN_FILE",
      "IDENTITY_ENDPOINT",
      "IDENTITY_HEADER",
    ],
    load: () => import("./backends/azure_key_vault/backend.ts"),
  },
  {
    id: "pass",
    name: "pass",
    pythonNames: [],
    priority: -1,
    settings: ["PASSWORD_STORE_DIR", "PASSWORD_STORE_KEY", "PASSWORD_STORE_SIGNING_KEY"],
    listsQuietly: true,
    load: () => import("./backends/pass/backend.ts"),
  },
];

/** The backend that is used if none is named. */
export async function preferredBackend(): Promise<BackendRow | undefined> {
  const rows = BACKENDS
    .filter(({ os, priority }) => priority > 0 && (os === undefined || os === Deno.build.os))
    .toSorted((a, b) => b.priority - a.priority);
  for (const row of rows) if (await row.isPreferred?.()) return row;
  return rows[0];
}

async function loadChain(): Promise<BackendModule> {
  const { ChainKeyring } = await import("./backends/chain.ts");
  return {
    open: async (options) => {
      const here = await chainRowsHere();
      const keyrings = await Promise.all(
        here.map(async (row) => (await row.load()).open(options)),
      );
      return new ChainKeyring(keyrings, { writePastAbsent: false });
    },
    probe: probeChain,
    flags: chainFlags,
  };
}

/** The backends that a chain is configured to consist of. */
export function chainRows(): BackendRow[] | undefined {
  const order = chainOrder();
  return order?.names.map((name) => {
    const row = findBackend(name);
    if (row && row.id !== "chain") return row;
    const ids = BACKENDS.map(({ id }) => id).filter((id) => id !== "chain").join(", ");
    throw new KeyringError(`the ${order.by} names "${name}" for the chain`, {
      operation: "open",
      advice: `A chain can consist of: ${ids}.`,
    });
  });
}

async function chainFlags(): Promise<string> {
  const here = await chainRowsHere();
  const flags = await Promise.all(here.map(async (row) => (await row.load()).flags?.()));
  return flags.filter(Boolean).join(" ");
}

async function chainRowsHere(): Promise<BackendRow[]> {
  const rows = chainRows() ?? [await preferredBackend()].filter((row) => row !== undefined);
  return rows.filter((row) => elsewhere(row) === undefined);
}

async function probeChain(options?: CallOptions): Promise<Viability> {
  let rows: BackendRow[] | undefined;
  try {
    rows = chainRows();
  } catch (error) {
    if (!(error instanceof KeyringError)) throw error;
    const { flag } = error as Partial<KeyringPermissionError>;
    return { viable: false, reason: error.reason, ...(flag !== undefined && { flag }) };
  }
  if (!rows) return { viable: true };
  const looked = await Promise.all(rows.map(async (row) => ({ row, ...await look(row, options) })));
  const asked = looked.filter(({ absent }) => !absent).map(({ row }) => row.id);
  const passed = looked.filter(({ absent }) => absent)
    .map(({ row, reason }) => `passes over ${row.id}: ${reason}`);
  const note = [`asks ${asked.join(", ") || "none"}`, ...passed].join("; ");
  return asked.length > 0 ? { viable: true, note } : { viable: false, reason: note };
}

/** Looks whether a backend can be used here. */
export async function look(row: BackendRow, options?: CallOptions): Promise<Viability> {
  const reason = elsewhere(row);
  if (reason !== undefined) return { viable: false, reason: `it ${reason}`, absent: true };
  return await (await row.load()).probe(options);
}

/** Why a backend cannot be used on this system. */
export function elsewhere({ os }: BackendRow): string | undefined {
  if (os === undefined || os === Deno.build.os) return undefined;
  return `needs ${os === "windows" ? "Windows" : os === "darwin" ? "macOS" : "Linux"}`;
}

/** Finds a backend by its id, another name for it, or the name of Python's class. */
export function findBackend(name: string): BackendRow | undefined {
  return BACKENDS.find(({ id, aliases = [], pythonNames }) =>
    [id, ...aliases, ...pythonNames].includes(name)
  );
}

/** The backend of a system in which other programs keep their entries. */
export function layoutBackend(os: typeof Deno.build.os): BackendRow | undefined {
  return BACKENDS.find((row) => row.hasLayouts && row.os === os);
}
