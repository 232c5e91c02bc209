// The emulator of this test file, and keyrings on it.

import { AzureKeyVaultKeyring, type AzureKeyVaultOptions } from "../../../backends.ts";
import { type Asked, AzureEmulator } from "../../../dev/azure_emulator/server.ts";
import type { Right } from "../../../dev/azure_emulator/tokens.ts";
import { nameOf } from "../../../src/backends/azure_key_vault/names.ts";

// Made outside the tests, because its connections stay and the sanitizer would report them.
export const emulator = await AzureEmulator.start();
export const client = emulator.client();
export const vault = emulator.vault("test");
/** What leaves no setting to the environment, which tests in another file may change. */
export const TEST = { vault: "test", cloud: "AzureCloud", client } as const;

export function makeKeyring(
  options: AzureKeyVaultOptions & { rights?: readonly Right[] } = {},
): AzureKeyVaultKeyring {
  const { rights, ...rest } = options;
  const token = emulator.tokens.issue(rights);
  const credential = { getToken: () => Promise.resolve({ token, expiresOnTimestamp: Infinity }) };
  return new AzureKeyVaultKeyring({ ...TEST, credential, ...rest });
}

await makeKeyring().list();

/** Runs a test that may interrupt the emulator, with a service of its own. */
export function test(name: string, work: (service: string) => Promise<void>): void {
  Deno.test(`AzureKeyVaultKeyring ${name}`, async () => {
    emulator.asked.length = 0;
    try {
      await work(`app-${crypto.randomUUID()}`);
    } finally {
      emulator.interrupt = () => undefined;
      vault.lagMs = 0;
    }
  });
}

/** What was asked, without the names of secrets. */
export function requests(): string[] {
  return emulator.asked.map(({ method, url }) =>
    `${method} ${url.pathname.replace(/kr-[^/]*/, "NAME")}`
  );
}

/** Whether it asks for a secret. */
export function isGet({ method, url }: Asked): boolean {
  return method === "GET" && url.pathname.startsWith("/secrets/");
}

export async function pathOf(service: string, username: string): Promise<string> {
  return `/secrets/${await nameOf({ service, username })}`;
}
