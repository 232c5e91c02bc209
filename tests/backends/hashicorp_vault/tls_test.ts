// @environment openbao
//
// A server with TLS and storage on disk: certificates, sealed, a standby in front of it.

import { assert, assertEquals, assertRejects } from "@std/assert";
import { HashiCorpVaultKeyring, type HashiCorpVaultOptions } from "../../../backends.ts";
import { KeyringError, KeyringLockedError, KeyringUnavailableError } from "../../../mod.ts";
import { FakeVault } from "./fake_vault.ts";
import { BAO } from "./openbao.ts";
import { issueCertificate, RaftServer } from "./raft.ts";

const ignore = BAO === undefined;

Deno.test("HashiCorpVaultKeyring on a server with TLS and raft", { ignore }, async (t) => {
  const certificate = await issueCertificate();
  await using server = new RaftServer(certificate);
  await server.initialize();
  await using stack = new AsyncDisposableStack();
  const { address, token, folder } = server;
  const keyring = (options: HashiCorpVaultOptions = {}) => {
    const usual = { address, login: { token }, caFile: `${folder}/ca.pem` };
    return stack.use(new HashiCorpVaultKeyring({ ...usual, ...options }));
  };
  const own = keyring();

  await t.step("speaks to it with its own CA", async () => {
    await own.setPassword("my_app", "alice", "s3cret");
    assertEquals(await own.getPassword("my_app", "alice"), "s3cret");
  });

  await t.step("holds its largest secret, whatever it consists of, and none larger", async () => {
    const large: Record<string, string | Uint8Array> = {
      text: "a".repeat(750_000),
      escaped: "<".repeat(750_000),
      controls: "\u0001".repeat(750_000),
      wide: "\u{1F511}".repeat(187_500),
      bytes: crypto.getRandomValues(new Uint8Array(65_536)).slice(0, 65_536),
      most: new Uint8Array(750_000).fill(0xff),
    };
    for (const [name, secret] of Object.entries(large)) {
      if (typeof secret === "string") {
        await own.setPassword("large", name, secret);
        assertEquals(await own.getPassword("large", name) === secret, true, name);
      } else {
        await own.setSecret("large", name, secret);
        assertEquals(await own.getSecret("large", name), secret, name);
      }
    }
    await own.deletePassword("large", "wide");
    const together = keyring({ path: "{service}#{username}" });
    await together.setPassword("full", "one", "a".repeat(750_000));
    const error = await assertRejects(
      () => together.setPassword("full", "two", "b".repeat(750_000)),
      KeyringError,
    );
    assert(
      error.message.includes("the secret is too large for this Vault server's storage"),
      error.message,
    );
    assertEquals((await together.getPassword("full", "one"))?.length, 750_000);
  });

  await t.step("holds the longest names", async () => {
    const [service, username] = ["\u00ff".repeat(1_024), "\u{10ffff}".repeat(512)];
    await own.setPassword(service, username, "long");
    assertEquals(await own.getPassword(service, username), "long");
    await own.deletePassword(service, username);
  });

  await t.step("trusts no other certificate", async () => {
    const without = stack.use(new HashiCorpVaultKeyring({ address, login: { token } }));
    const error = await assertRejects(
      () => without.getPassword("my_app", "alice"),
      KeyringUnavailableError,
    );
    assert(error.advice?.includes("VAULT_CACERT"), error.message);
    const localhost = keyring({ address: address.replace("127.0.0.1", "localhost") });
    assertEquals(await localhost.getPassword("my_app", "alice"), "s3cret");
    const nothing = keyring({ caFile: `${folder}/nothing.pem` });
    await assertRejects(() => nothing.getPassword("my_app", "alice"), KeyringError, "nothing.pem");
    const noPem = keyring({ caFile: `${folder}/config.hcl` });
    await assertRejects(() => noPem.getPassword("my_app", "alice"), KeyringError, "certificate");
  });

  await t.step("is not spoken to in plain text", async () => {
    const plain = keyring({ address: address.replace("https", "http") });
    await assertRejects(() => plain.getPassword("my_app", "alice"), KeyringError);
  });

  await t.step("is followed to from a standby that is configured, twice at most", async () => {
    const to = (origin: string) => ({
      status: 307,
      headers: { location: `${origin}/v1/elsewhere` },
    });
    await using standby = new FakeVault(() => to(address), certificate);
    const host = new URL(address).host;
    const unlisted = keyring({ address: standby.address });
    await assertRejects(
      () => unlisted.getPassword("my_app", "alice"),
      KeyringUnavailableError,
      host,
    );
    const listed = keyring({ address: standby.address, standbys: [host] });
    assertEquals(await listed.getPassword("my_app", "alice"), "s3cret");
    await listed.setPassword("my_app", "alice", "new");
    assertEquals(await own.getPassword("my_app", "alice"), "new");
    await using lost = new FakeVault((): ReturnType<typeof to> => to(lost.address), certificate);
    const circle = keyring({ address: lost.address, standbys: [lost.host] });
    await assertRejects(() => circle.getPassword("a", "b"), KeyringUnavailableError, "each other");
    assertEquals(lost.requests.length, 3);
  });

  await t.step("is locked while it is sealed, and keeps what it had", async () => {
    await server.api("PUT sys/seal", {});
    for (const call of [() => own.getPassword("my_app", "alice"), () => own.list()]) {
      const error = await assertRejects(call as () => Promise<unknown>, KeyringLockedError);
      assert(error.message.includes("sealed") && error.advice?.includes("unseal"), error.message);
    }
    await assertRejects(() => own.setPassword("my_app", "alice", "newer"), KeyringLockedError);
    await server.unseal();
    assertEquals(await own.getPassword("my_app", "alice"), "new");
    await server.kill();
    await assertRejects(() => own.getPassword("my_app", "alice"), KeyringUnavailableError);
    await server.start();
    await assertRejects(() => own.getPassword("my_app", "alice"), KeyringLockedError, "sealed");
    await server.unseal();
    assertEquals(await own.getPassword("my_app", "alice"), "new");
  });
});
