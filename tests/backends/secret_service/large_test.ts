// @environment secret-service
// @soak
//
// Large and binary secrets on the gnome-keyring of a private session
// (dev/secret_service_session.sh).

import { assert, assertEquals, assertLess } from "@std/assert";
import { SecretServiceKeyring } from "../../../src/backends/secret_service/backend.ts";
import { DEFAULT_PROGRAM, SecretTool } from "../../../src/backends/secret_service/secret_tool.ts";
import { SecretToolBackend } from "../../../src/backends/secret_service/secret_tool_backend.ts";
import { secretTool } from "../../fixtures/secret_tool.ts";
import { checkKilledWriters } from "../../support/killed_writers.ts";

const ignore = Deno.env.get("KEYRING_TEST_SECRET_SERVICE") !== "1";
const SERVICE = "keyring_test_large";
const tool = new SecretTool(DEFAULT_PROGRAM, 60_000);
const backend = new SecretToolBackend(tool, "Python keyring library");

async function countParts(): Promise<number> {
  const entries = await backend.list(undefined);
  return entries.filter(({ service }) => service.startsWith("os-keyring.chunk/")).length;
}

Deno.test({
  name: "Secret Service: large secrets of all kinds come back, and leave no part",
  ignore,
  fn: async () => {
    const keyring = new SecretServiceKeyring({ secretTool: DEFAULT_PROGRAM });
    const binary = crypto.getRandomValues(new Uint8Array(20_000));
    const texts = ["a".repeat(8192), "é🔑\n".repeat(4000), "\0".repeat(9000)];
    try {
      await keyring.setSecret(SERVICE, "alice", binary);
      assertEquals(await keyring.getSecret(SERVICE, "alice"), binary);
      for (const text of texts) {
        await keyring.setPassword(SERVICE, "alice", text);
        assertEquals(await keyring.getPassword(SERVICE, "alice"), text);
      }
      assertEquals((await keyring.list({ service: SERVICE })).length, 1);
    } finally {
      await keyring.deletePassword(SERVICE, "alice");
    }
    assertEquals(await countParts(), 0);
  },
});

Deno.test({
  name: "Secret Service: prune spares the parts of an entry that another program made",
  ignore,
  fn: async () => {
    const keyring = new SecretServiceKeyring({ secretTool: DEFAULT_PROGRAM });
    const text = "made-up".repeat(2000);
    // Without our application attribute, the entry is in no list of all entries.
    await secretTool(["store", "--label=x", "service", SERVICE, "username", "bob"], "old");
    try {
      await keyring.setPassword(SERVICE, "bob", text);
      assert((await keyring.list()).every(({ service }) => service !== SERVICE));
      assertEquals(await keyring.prune?.({ graceMs: 0 }), 0);
      assertEquals(await keyring.getPassword(SERVICE, "bob"), text);
      await secretTool(["clear", "service", SERVICE, "username", "bob"]);
      assertEquals(await keyring.prune?.({ graceMs: 0 }), 4);
    } finally {
      await secretTool(["clear", "service", SERVICE]);
    }
    assertEquals(await countParts(), 0);
  },
});

Deno.test({
  name: "Secret Service: readers beside two writers see whole secrets",
  ignore,
  fn: async () => {
    const values = ["a", "b"].map((letter) => letter.repeat(13_000));
    const keyring = new SecretServiceKeyring({ secretTool: DEFAULT_PROGRAM });
    await keyring.setPassword(SERVICE, "carol", values[0] ?? "");
    const writers = values.map(async (value) => {
      for (let count = 0; count < 4; count++) await keyring.setPassword(SERVICE, "carol", value);
    });
    const readers = [1, 2].map(async () => {
      for (let count = 0; count < 10; count++) {
        const found = await keyring.getPassword(SERVICE, "carol");
        assert(found !== null && values.includes(found), `${found?.length}`);
      }
    });
    try {
      await Promise.all([...writers, ...readers]);
    } finally {
      await keyring.deletePassword(SERVICE, "carol");
      await keyring.prune?.({ graceMs: 0 });
    }
    assertLess(await countParts(), 1);
  },
});

Deno.test({
  name:
    "Secret Service: a writer that is killed at any moment leaves a whole secret, or an empty one",
  ignore,
  fn: async () => {
    await checkKilledWriters({
      backend,
      store: "secret-service",
      canBeCutOff: true,
      sizes: [13_000, 100, 20_000],
      kills: 10,
      longestLife: 1_000,
    });
  },
});
