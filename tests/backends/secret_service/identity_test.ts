import { assertEquals } from "@std/assert";
import { isEntry, type Item, preferred } from "../../../src/backends/secret_service/identity.ts";
import { pythonItems } from "../../../src/layouts/python.ts";
import { layoutOf } from "../../../src/layouts/table.ts";

const [form] = pythonItems("my keyring").forms;
const ENTRY = { service: "my_app", username: "alice" };

function item(changed: Record<string, string> = {}, modified = 0, path = "/a"): Item {
  const attributes = new Map([...form.searchOf(ENTRY), ...Object.entries(changed)]);
  return { path, locked: false, label: "", attributes, modified };
}

// Whatever a daemon takes for a match.
Deno.test("isEntry() takes an item for the entry of its two names alone", () => {
  assertEquals(isEntry(form, ENTRY, item()), true);
  assertEquals(isEntry(form, ENTRY, item({ username: "Alice" })), false);
  assertEquals(isEntry(form, ENTRY, item({ service: "My_app" })), false);
  assertEquals(isEntry(form, ENTRY, item({ port: "8080" })), false);
});

Deno.test("isEntry() takes an attribute of the program only with its value", () => {
  for (const layout of ["rust", "go"] as const) {
    const [form] = layoutOf(layout).secretService.forms;
    assertEquals(isEntry(form, ENTRY, item({ target: "default" })), true);
    assertEquals(isEntry(form, ENTRY, item({ target: "other" })), false);
  }
});

Deno.test("preferred() takes the item that was written last", () => {
  const items = [1, 3, 2].map((modified) => item({}, modified, `/${modified}`));
  assertEquals(preferred(items, form).map(({ path }) => path), ["/3", "/2", "/1"]);
});
