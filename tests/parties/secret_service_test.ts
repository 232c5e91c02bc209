// @environment secret-service
// @needs python3:keyring (python3-keyring), tool:keyring25, tool:libraries, node (nodejs), secret-tool (libsecret-tools)
//
// Other programs beside this library on one Secret Service, which it reaches over D-Bus: whoever
// writes, everybody reads.

import { assertEquals, assertRejects } from "@std/assert";
import { SecretServiceKeyring } from "../../src/backends/secret_service/backend.ts";
import { PasswordDeleteError } from "../../src/errors.ts";
import { checkEveryPair, PASSWORDS } from "../fixtures/every_pair.ts";
import { library, ours, python, secretToolParty } from "../fixtures/parties.ts";

const ignore = Deno.env.get("KEYRING_TEST_SECRET_SERVICE") !== "1";
const keyring = new SecretServiceKeyring({
  bus: Deno.env.get("DBUS_SESSION_BUS_ADDRESS") ?? "unix:path=/none",
});

// Connected outside the tests, because the connection stays and the sanitizer would report it.
if (!ignore) await keyring.list();

Deno.test("whoever writes to gnome-keyring by service and username, everybody reads", {
  ignore,
}, async () => {
  await using debian = python("debian", "SecretService.Keyring");
  await using latest = python("25", "SecretService.Keyring");
  await using napi = library("napi");
  await checkEveryPair(ours(keyring), [debian, latest, napi, secretToolParty()]);
});

Deno.test("of several items the newest is read, all are written, and all deleted", {
  ignore,
}, async () => {
  const service = `os-keyring-test-${crypto.randomUUID()}`;
  await using latest = python("25", "SecretService.Keyring");
  const tool = secretToolParty();
  // Python does not look for an item without its own attribute.
  await tool.set(service, "alice", "of secret-tool");
  await latest.set(service, "alice", "of Python");
  assertEquals(await keyring.getPassword(service, "alice"), "of Python");
  await keyring.setPassword(service, "alice", "ours");
  for (const party of [tool, latest]) assertEquals(await party.get(service, "alice"), "ours");
  await keyring.deletePassword(service, "alice");
  for (const party of [tool, latest]) assertEquals(await party.get(service, "alice"), null);
});

for (const name of ["keytar", "bun"] as const) {
  Deno.test(`what ${name} stores is its own`, { ignore }, async () => {
    const service = `os-keyring-test-${crypto.randomUUID()}`;
    await using party = library(name);
    for (const password of PASSWORDS) {
      await party.set(service, "alice", `${password} of ${name}`);
      assertEquals(await keyring.getPassword(service, "alice"), null);
      assertEquals(await keyring.list({ service }), []);
      await assertRejects(() => keyring.deletePassword(service, "alice"), PasswordDeleteError);
      await keyring.setPassword(service, "alice", password);
      assertEquals(await party.get(service, "alice"), `${password} of ${name}`);
      assertEquals(await keyring.getPassword(service, "alice"), password);
      await keyring.deletePassword(service, "alice");
      assertEquals(await party.get(service, "alice"), `${password} of ${name}`);
    }
    await keyring.setPassword(service, "alice", "ours");
    await party.remove(service, "alice");
    assertEquals(await keyring.getPassword(service, "alice"), "ours");
    await keyring.deletePassword(service, "alice");
  });
}
