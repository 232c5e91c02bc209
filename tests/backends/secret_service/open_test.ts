// @environment linux

import { assertEquals } from "@std/assert";
import { open } from "../../../src/backends/secret_service/open.ts";
import { FakeCommand } from "../../fixtures/fake_command.ts";
import { Variables } from "../../support/variables.ts";

Deno.test("open() takes the application's name from Python's variable", async () => {
  for (const [value, application] of [["my tool", "my tool"], ["", "Python keyring library"]]) {
    using _ = new Variables({
      KEYRING_PROPERTY_APPID: value,
      DBUS_SESSION_BUS_ADDRESS: "tcp:host=x",
    });
    const searched: string[][] = [];
    using _command = new FakeCommand((args) => (searched.push([...args]), {}));
    assertEquals(await (await open()).list(), []);
    assertEquals(searched, [["search", "--all", "--", "application", application]]);
  }
});
