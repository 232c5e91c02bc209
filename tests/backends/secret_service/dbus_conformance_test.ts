// @environment secret-service, kwallet, kwallet6, keepassxc
//
// The conformance suite over D-Bus, on gnome-keyring and on what KDE Wallet offers as Secret Service.

import { assertEquals, assertRejects } from "@std/assert";
import { SecretServiceKeyring } from "../../../src/backends/secret_service/backend.ts";
import { DEFAULT_COLLECTION, SecretService } from "../../../src/backends/secret_service/service.ts";
import { PasswordDeleteError } from "../../../src/errors.ts";
import { sessionBus } from "../../../src/lib/dbus/session.ts";
import { testKeyring } from "../../../src/testing/conformance.ts";

const ENVIRONMENTS = [
  "KEYRING_TEST_SECRET_SERVICE",
  "KEYRING_TEST_KWALLET",
  "KEYRING_TEST_KEEPASSXC",
];
const ignore = !ENVIRONMENTS.some((variable) => Deno.env.get(variable) === "1");
const open = () =>
  new SecretServiceKeyring({ bus: Deno.env.get("DBUS_SESSION_BUS_ADDRESS") ?? "unix:path=/none" });

// Connected outside the tests, because the connection stays and the sanitizer would report it.
if (!ignore) await open().list();

testKeyring("SecretServiceKeyring over D-Bus", open, { ignore });

Deno.test("SecretServiceKeyring over D-Bus leaves items with more attributes alone", {
  ignore,
}, async () => {
  const keyring = open();
  const names = { service: `os-keyring-test-${crypto.randomUUID()}`, username: "alice" };
  const service = new SecretService(sessionBus());
  const attributes = new Map(Object.entries({ ...names, port: "8443" }));
  const item = { label: "of another program", attributes, replace: false };
  const value = new TextEncoder().encode("of another program");
  const path = await service.createItem(DEFAULT_COLLECTION, item, {
    value,
    contentType: "text/plain",
  });
  try {
    await keyring.setPassword(names.service, names.username, "of ours");
    assertEquals(await keyring.getPassword(names.service, names.username), "of ours");
    const stored = (await service.getSecrets([path])).get(path);
    assertEquals(stored?.value, value);
    await assertRejects(
      () => keyring.deletePassword(names.service, names.username),
      PasswordDeleteError,
      "it was deleted, but an entry of another program",
    );
    assertEquals(await keyring.getPassword(names.service, names.username), "of another program");
  } finally {
    await service.deleteItem(path);
  }
});

Deno.test("SecretServiceKeyring over D-Bus keeps names apart whose labels are the same", {
  ignore,
}, async () => {
  const keyring = open();
  const id = crypto.randomUUID();
  // KDE Wallet keeps secrets by their labels.
  const names = [["x", `y' on '${id}`], [`x' on 'y`, id]] as const;
  for (const [username, service] of names) await keyring.setPassword(service, username, service);
  for (const [username, service] of names) {
    assertEquals(await keyring.getPassword(service, username), service);
  }
  const [[username, service], other] = names;
  await keyring.deletePassword(service, username);
  assertEquals(await keyring.getPassword(other[1], other[0]), other[1]);
  await keyring.deletePassword(other[1], other[0]);
});
