// @environment linux
// @needs openssl
//
// Where a login comes from when no credential is given.

import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { AzureKeyVaultKeyring } from "../../../backends.ts";
import {
  ASSERTION,
  CLIENT_ID,
  CLIENT_SECRET,
  RESOURCE,
  TENANT,
} from "../../../dev/azure_emulator/tokens.ts";
import { Failure, KeyringError, KeyringLockedError, NoKeyringError } from "../../../mod.ts";
import { findCredential } from "../../../src/backends/azure_key_vault/credential.ts";
import type { ImdsAccess } from "../../../src/backends/azure_key_vault/managed_identity.ts";
import { authorityOf, findPlace } from "../../../src/backends/azure_key_vault/settings.ts";
import { Variables } from "../../support/variables.ts";
import { client, emulator } from "./bench.ts";

const NONE = {
  AZURE_AUTHORITY_HOST: undefined,
  AZURE_CLIENT_ID: undefined,
  AZURE_CLIENT_SECRET: undefined,
  AZURE_FEDERATED_TOKEN_FILE: undefined,
  AZURE_TENANT_ID: undefined,
  AZURE_TOKEN_CREDENTIALS: undefined,
  IDENTITY_ENDPOINT: undefined,
  IDENTITY_HEADER: undefined,
  KEYRING_AZURE_CLOUD: undefined,
  KEYRING_AZURE_VAULT: "test",
};
const APPLICATION = { AZURE_TENANT_ID: TENANT, AZURE_CLIENT_ID: CLIENT_ID };
const SECRET = { ...APPLICATION, AZURE_CLIENT_SECRET: CLIENT_SECRET };
const NOT_ONE = "AZURE_AUTHORITY_HOST is not one of AzureCloud";
const SCOPE = `${RESOURCE}/.default`;
// Nothing listens there.
const NOWHERE = { address: "http://127.0.0.1:9", limitMs: 30_000 };

/** Obtains a token as a machine with these logins does. */
const obtain = (imds: ImdsAccess, cli: string) =>
  findCredential(findPlace({}), {}, { imds, cli }).credential.getToken(SCOPE);

await fetch("https://login.microsoftonline.com/", { client }).then((answer) =>
  answer.body?.cancel()
);

function test(name: string, work: () => Promise<void>): void {
  Deno.test(`AzureKeyVaultKeyring ${name}`, async () => {
    emulator.asked.length = 0;
    using _none = new Variables(NONE);
    await work();
  });
}

const read = () => new AzureKeyVaultKeyring({ client }).getPassword("my_app", "nobody");

test("logs in with a client secret", async () => {
  using _set = new Variables({ ...APPLICATION, AZURE_CLIENT_SECRET: CLIENT_SECRET });
  const keyring = new AzureKeyVaultKeyring({ client });
  const calls = Array.from(
    { length: 20 },
    (_, index) => keyring.getPassword("my_app", `u${index}`),
  );
  assertEquals(await Promise.all(calls), Array(20).fill(null));
  const hosts = emulator.asked.map(({ url }) => url.hostname);
  assertEquals(hosts.filter((host) => host === "login.microsoftonline.com").length, 1);
});

test("logs in with a workload identity, whose file is read each time", async () => {
  const file = await Deno.makeTempFile();
  try {
    await Deno.writeTextFile(file, `${ASSERTION}\n`);
    using _set = new Variables({ ...APPLICATION, AZURE_FEDERATED_TOKEN_FILE: file });
    assertEquals(await read(), null);
    await Deno.writeTextFile(file, "outdated");
    const error = await assertRejects(read, KeyringLockedError);
    assertStringIncludes(error.message, "the workload identity was refused: AADSTS7000215");
    assert(!error.message.includes("outdated"));
    await Deno.remove(file);
    await assertRejects(read, KeyringLockedError, "cannot be read: No such file");
  } finally {
    await Deno.remove(file).catch(() => {});
  }
});

test("says what a login lacks, without its secret", async () => {
  const cases: [Record<string, string>, string][] = [
    [{ AZURE_CLIENT_SECRET: "x" }, "AZURE_TENANT_ID is missing"],
    [{ AZURE_CLIENT_SECRET: "x", AZURE_TENANT_ID: TENANT }, "AZURE_CLIENT_ID is missing"],
    [{ AZURE_FEDERATED_TOKEN_FILE: "x" }, "AZURE_TENANT_ID is missing"],
    [{ ...APPLICATION, AZURE_CLIENT_SECRET: "wrong-s3cret" }, "AADSTS7000215: Invalid client"],
    [{ ...APPLICATION, AZURE_TENANT_ID: "../x", AZURE_CLIENT_SECRET: "x" }, "not the name of a"],
    [{ ...APPLICATION, AZURE_TENANT_ID: "..", AZURE_CLIENT_SECRET: "x" }, "not the name of a"],
    [{ AZURE_TOKEN_CREDENTIALS: "nonsense" }, 'AZURE_TOKEN_CREDENTIALS is "nonsense"'],
    [{ AZURE_TOKEN_CREDENTIALS: "EnvironmentCredential" }, "holds no login for Azure"],
    [{ KEYRING_AZURE_CLOUD: "Mooncake" }, 'there is no cloud "Mooncake"'],
    [{ ...SECRET, AZURE_AUTHORITY_HOST: "https://evil.example.com" }, NOT_ONE],
    [{ ...SECRET, AZURE_AUTHORITY_HOST: "http://login.microsoftonline.com" }, NOT_ONE],
    [{ ...SECRET, AZURE_AUTHORITY_HOST: "https://login.microsoftonline.com@evil.com" }, NOT_ONE],
    [
      {
        ...SECRET,
        AZURE_AUTHORITY_HOST: "https://login.chinacloudapi.cn",
        KEYRING_AZURE_CLOUD: "AzureCloud",
      },
      NOT_ONE,
    ],
    [{ IDENTITY_ENDPOINT: "http://127.0.0.1:1" }, "IDENTITY_ENDPOINT is not one of"],
    [
      { IDENTITY_ENDPOINT: "http://evil.example.com", IDENTITY_HEADER: "h3ader" },
      "IDENTITY_ENDPOINT is not one of",
    ],
  ];
  for (const [variables, reason] of cases) {
    using _set = new Variables(variables);
    const error = await assertRejects(read, KeyringError);
    assertStringIncludes(error.message, reason);
    assert(!/s3cret|h3ader/.test(Deno.inspect(error)));
  }
});

test("finds the hosts of each cloud", () => {
  const placeOf = (variables: Record<string, string>) => {
    using _set = new Variables(variables);
    const { origin, resource, cloud } = findPlace({});
    return [origin, resource, authorityOf(cloud)];
  };
  assertEquals(placeOf({}), [
    "https://test.vault.azure.net",
    "https://vault.azure.net",
    "https://login.microsoftonline.com",
  ]);
  const china = [
    "https://test.vault.azure.cn",
    "https://vault.azure.cn",
    "https://login.chinacloudapi.cn",
  ];
  assertEquals(placeOf({ KEYRING_AZURE_CLOUD: "AzureChinaCloud" }), china);
  assertEquals(placeOf({ AZURE_AUTHORITY_HOST: "https://login.chinacloudapi.cn/" }), china);
  assertEquals(placeOf({ KEYRING_AZURE_CLOUD: "AzureUSGovernment" }), [
    "https://test.vault.usgovcloudapi.net",
    "https://vault.usgovcloudapi.net",
    "https://login.microsoftonline.us",
  ]);
  return Promise.resolve();
});

/** A service that hands out tokens on a machine, and what it was asked. */
class IdentityService implements AsyncDisposable {
  readonly asked: { url: URL; headers: Headers }[] = [];
  readonly #server: Deno.HttpServer<Deno.NetAddr>;

  constructor(reply: (request: Request) => Response) {
    const listen = { hostname: "127.0.0.1", port: 0, onListen() {} };
    this.#server = Deno.serve(listen, (request) => {
      this.asked.push({ url: new URL(request.url), headers: new Headers(request.headers) });
      return reply(request);
    });
  }

  get address(): string {
    return `http://127.0.0.1:${this.#server.addr.port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }
}

function tokenReply(): Response {
  const until = Math.floor(Date.now() / 1000) + 3600;
  return Response.json({ access_token: emulator.tokens.issue(), expires_on: String(until) });
}

test("uses the managed identity of App Service, past the proxy", async () => {
  await using service = new IdentityService(tokenReply);
  using _set = new Variables({
    IDENTITY_ENDPOINT: `${service.address}/msi/token`,
    IDENTITY_HEADER: "h3ader",
    AZURE_CLIENT_ID: CLIENT_ID,
  });
  assertEquals(await read(), null);
  const [request] = service.asked;
  assertEquals(request?.headers.get("x-identity-header"), "h3ader");
  assertEquals(Object.fromEntries(request?.url.searchParams ?? []), {
    "api-version": "2019-08-01",
    resource: RESOURCE,
    client_id: CLIENT_ID,
  });
});

test("uses the managed identity of a virtual machine", async () => {
  let busy = 1;
  await using service = new IdentityService(() =>
    busy-- > 0 ? new Response("", { status: 429 }) : tokenReply()
  );
  const imds = { address: service.address, limitMs: 30_000 };
  const token = await obtain(imds, "/nonexistent/az");
  assert(emulator.tokens.rightsOf(token?.token ?? null));
  assertEquals(service.asked.length, 2);
  const [request] = service.asked;
  assertEquals(request?.url.pathname, "/metadata/identity/oauth2/token");
  assertEquals(request?.headers.get("metadata"), "true");
  assertEquals(Object.fromEntries(request?.url.searchParams ?? []), {
    "api-version": "2018-02-01",
    resource: RESOURCE,
  });
});

async function withCli(script: string, work: (program: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${folder}/az`, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    await work(`${folder}/az`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

test("asks the Azure CLI where the machine has no identity", async () => {
  const token = emulator.tokens.issue();
  const answer = JSON.stringify({ accessToken: token, expires_on: 1e10, tokenType: "Bearer" });
  await withCli(`[ "$*" = "${WORDS}" ] && echo '${answer}'`, async (cli) => {
    assertEquals(await obtain(NOWHERE, cli), { token, expiresOnTimestamp: 1e13 });
    const refused = () =>
      new Response('{"error_description":"Identity not found"}', { status: 400 });
    await using service = new IdentityService(refused);
    const imds = { address: service.address, limitMs: 30_000 };
    const login = findCredential(findPlace({}), {}, { imds, cli });
    assertEquals((await login.credential.getToken(SCOPE))?.token, token);
    assertEquals(login.name, "the Azure CLI");
  });
});

const WORDS = `account get-access-token --output=json --resource=${RESOURCE}`;

test("uses only what AZURE_TOKEN_CREDENTIALS names", async () => {
  using _set = new Variables({
    ...APPLICATION,
    AZURE_CLIENT_SECRET: CLIENT_SECRET,
    AZURE_TOKEN_CREDENTIALS: "AzureCliCredential",
  });
  await withCli("echo ERROR: Please run \\'az login\\' to set it up. >&2; exit 1", async (cli) => {
    const error = await assertRejects(() => obtain(NOWHERE, cli), Failure);
    assertStringIncludes(error.message, "Please run 'az login' to set it up");
    assertStringIncludes(error.details.advice ?? "", "Log in with `az login`");
  });
  const missing = () => obtain(NOWHERE, "/nonexistent/az");
  await assertRejects(missing, Failure, "the Azure CLI is not installed");
});

test("takes no other login when the machine's identity is refused", async () => {
  await using service = new IdentityService(() =>
    new Response('{"error_description":"AADSTS700016: no such application"}', { status: 400 })
  );
  const imds = { address: service.address, limitMs: 30_000 };
  await withCli("echo reached >&2; exit 1", async (cli) => {
    await assertRejects(
      () => obtain(imds, cli),
      Failure,
      "the managed identity gave no token (400): AADSTS700016: no such application",
    );
  });
});

test("is absent where no Key Vault is configured", async () => {
  using _unset = new Variables({ KEYRING_AZURE_VAULT: undefined });
  const error = await assertRejects(read, NoKeyringError);
  assertStringIncludes(error.message, "KEYRING_AZURE_VAULT");
});
