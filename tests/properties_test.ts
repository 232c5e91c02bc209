// @environment unit, windows

import { assertEquals, assertThrows } from "@std/assert";
import { KeyringError } from "../src/errors.ts";
import { secretServiceProperties, windowsProperties } from "../src/properties.ts";

function withVariable(name: string, value: string, run: () => void): void {
  const saved = Deno.env.get(name);
  Deno.env.set(name, value);
  try {
    run();
  } finally {
    if (saved === undefined) Deno.env.delete(name);
    else Deno.env.set(name, saved);
  }
}

Deno.test("windowsProperties() takes Python's words and ours", () => {
  const cases = { "Local Machine": "local", session: "session", "3": "enterprise" };
  for (const [value, persistence] of Object.entries(cases)) {
    withVariable("KEYRING_PROPERTY_PERSIST", value, () => {
      assertEquals<unknown>(windowsProperties(), { persistence });
    });
  }
  assertEquals(windowsProperties(), {});
});

Deno.test("windowsProperties() refuses a word that it does not know", () => {
  withVariable("KEYRING_PROPERTY_PERSIST", "for ever", () => {
    assertThrows(windowsProperties, KeyringError, "enterprise");
  });
});

Deno.test("secretServiceProperties() takes the application's name", () => {
  withVariable("KEYRING_PROPERTY_APPID", "my tool", () => {
    assertEquals(secretServiceProperties(), { application: "my tool" });
  });
});
