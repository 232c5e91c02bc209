import { assertEquals } from "@std/assert";
import {
  isLogLine,
  ownMessage,
  parseSearch,
} from "../../../src/backends/secret_service/search_output.ts";

const NOTHING = new Map<string, string>();
const LOCKED = "secret-tool: Cannot get secret of a locked object\n";

function itemsOf(stderr: string, searched = NOTHING) {
  return parseSearch(stderr, searched).items.map((item) => [...item]);
}

Deno.test("parseSearch() starts an item at a repeated attribute", () => {
  const text = "attribute.service = S\nattribute.username = a\n" +
    "attribute.service = S\nattribute.username = b = c\n";
  assertEquals(itemsOf(text), [
    [["service", "S"], ["username", "a"]],
    [["service", "S"], ["username", "b = c"]],
  ]);
  const { locked, regular, more } = parseSearch(text, NOTHING);
  assertEquals({ locked, regular, more }, { locked: false, regular: true, more: false });
});

Deno.test("parseSearch() says when a line is neither an attribute nor the program's own", () => {
  const { items, regular, more } = parseSearch("attribute.username = a\n\nb\n", NOTHING);
  assertEquals(items.map((item) => item.get("username")), ["a"]);
  assertEquals({ regular, more }, { regular: false, more: true });
});

Deno.test("parseSearch() knows what daemons add to an entry", () => {
  const more = (text: string) => parseSearch(`attribute.service = S\n${text}`, NOTHING).more;
  for (
    const text of ["", "attribute.application = x\n", "attribute.Uuid = x\nattribute.Path = /x\n"]
  ) {
    assertEquals(more(text), false, text);
  }
  // Of KeePassXC, which has several lines only there.
  assertEquals(more("attribute.Notes = a\nb\n\nc\nattribute.username = a\n"), false);
  for (const text of ["attribute.port = 1\n", "attribute.Title = a\nb\n", "x\n"]) {
    assertEquals(more(text), true, text);
  }
});

Deno.test("parseSearch() is not fooled by line breaks in what was searched for", () => {
  const username = `a\nattribute.application = us\n${LOCKED.trim()}`;
  const searched = new Map([["service", "S"], ["username", username]]);
  const text = `attribute.service = S\nattribute.username = ${username}\n`;
  const { items, count, locked, regular, more } = parseSearch(text, searched);
  assertEquals(items.map((item) => [...item]), [[...searched]]);
  assertEquals({ count, locked, regular, more }, {
    count: 1,
    locked: false,
    regular: true,
    more: false,
  });
});

Deno.test("parseSearch() tells locked items and differing shapes", () => {
  assertEquals(parseSearch(`${LOCKED}attribute.service = S\n`, NOTHING).locked, true);
  const mixed = "attribute.service = S\nattribute.x = 1\nattribute.service = S\n";
  assertEquals(parseSearch(mixed, NOTHING).regular, false);
  assertEquals(parseSearch("", NOTHING), {
    lines: [],
    items: [],
    count: 0,
    locked: false,
    hidden: false,
    more: false,
    regular: true,
  });
});

Deno.test("parseSearch() counts the items whose names can be read", () => {
  const searched = new Map([["service", "S"]]);
  const visible = "attribute.username = a\nattribute.service = S\n";
  const hidden = `${LOCKED}attribute.gkr:compat:hashed:service = 5dbc\n`;
  const tell = (text: string) => {
    const { count, locked, hidden } = parseSearch(text, searched);
    return { count, locked, hidden };
  };
  assertEquals(tell(visible + visible), { count: 2, locked: false, hidden: false });
  assertEquals(tell(LOCKED + visible), { count: 1, locked: true, hidden: false });
  assertEquals(tell(hidden), { count: 0, locked: true, hidden: true });
  assertEquals(tell(visible + hidden), { count: 1, locked: true, hidden: true });
});

Deno.test("parseSearch() judges only lines that are secret-tool's own", () => {
  const others =
    "Cannot get secret of a locked object\nother: Cannot get secret of a locked object\n";
  assertEquals(parseSearch(others, NOTHING).locked, false);
  assertEquals(parseSearch(`/usr/bin/${LOCKED}`, NOTHING).locked, true);
});

Deno.test("log lines put no name in doubt unless they could be its next line", () => {
  const log = "\n(secret-tool:12): GLib-WARNING **: odd\n** Message: odd\n";
  const item = "attribute.service = S\n";
  const tell = (text: string) => {
    const { regular, more } = parseSearch(text, NOTHING);
    return { regular, more };
  };
  assertEquals(tell(log + item), { regular: true, more: false });
  assertEquals(tell(item + log), { regular: false, more: false });
});

Deno.test("what says that an item is locked puts no name in doubt unless it could be one", () => {
  const item = "attribute.username = a\nattribute.service = S\n";
  const tell = (text: string) => parseSearch(text, NOTHING).regular;
  assertEquals(tell(LOCKED + item + LOCKED + item), true);
  for (const text of [item + LOCKED, item + LOCKED + item, LOCKED + item + item + LOCKED]) {
    assertEquals(tell(text), false, text);
  }
  assertEquals(tell(LOCKED + item + LOCKED + LOCKED + item), false);
});

Deno.test("what the program says itself is no attribute, and puts the names after it in doubt", () => {
  const invalid = "secret-tool: Received invalid secret from the secret storage\n";
  const item = "attribute.service = S\n";
  const tell = (text: string) => {
    const { regular, more } = parseSearch(text, NOTHING);
    return { regular, more };
  };
  assertEquals(tell(invalid + item), { regular: true, more: false });
  assertEquals(tell(item + invalid + item), { regular: false, more: false });
});

Deno.test("isLogLine() knows what GLib prints", () => {
  for (
    const line of [
      "",
      "(secret-tool:12): GLib-WARNING **: 01:02:03.4: odd",
      "** Message: odd",
      "GLib-GIO-Message: 10:00:00.123: Using the 'memory' GSettings backend.",
    ]
  ) assertEquals(isLogLine(line), true, line);
  for (const line of ["x", "secret-tool: no", "attribute.x = 1", "-Message: x"]) {
    assertEquals(isLogLine(line), false, line);
  }
});

Deno.test("ownMessage() takes nobody else's word", () => {
  assertEquals(ownMessage("secret-tool: no"), "no");
  assertEquals(ownMessage("/opt/bin/secret-tool: no"), "no");
  for (const line of ["no", "x: no", "my secret-tool: no", " secret-tool: no", "secret-tool:no"]) {
    assertEquals(ownMessage(line), undefined, line);
  }
});
