import { assertEquals, assertLess, assertStringIncludes, assertThrows } from "@std/assert";
import { parseConfig, readConfig } from "../src/config.ts";
import { KeyringError } from "../src/errors.ts";
import { utf16 } from "./fixtures/utf16.ts";

Deno.test("parseConfig() reads the [backend] section as Python does", () => {
  const text = `
# a comment
[other]
default-keyring = not this
anything goes here
[backend]
; another comment
Default-Keyring : keyring.backends.null.Keyring\t
keyring-path=/home/alice/a = b\r
`;
  assertEquals(parseConfig(text), {
    defaultKeyring: "keyring.backends.null.Keyring",
    keyringPath: "/home/alice/a = b",
  });
});

Deno.test("parseConfig() finds nothing in an empty file", () => {
  assertEquals(parseConfig(""), {});
  assertEquals(parseConfig("[backend]"), {});
});

Deno.test("parseConfig() refuses what is not an INI file", () => {
  assertThrows(() => parseConfig("default-keyring=null"), Error, "line 1");
  assertThrows(() => parseConfig("[backend]\nrubbish"), Error, "line 2");
});

Deno.test("parseConfig() takes no longer for blanks than for anything else", () => {
  const blanks = " ".repeat(500_000);
  const start = performance.now();
  assertEquals(parseConfig(`[backend]\nkeyring-path = a${blanks}b${blanks}`), {
    keyringPath: `a${blanks}b`,
  });
  assertThrows(() => parseConfig(`[backend]\n${blanks}x`), Error, "line 2");
  assertThrows(() => parseConfig(`[backend]\nx${blanks}y`), Error, "line 2");
  assertLess(performance.now() - start, 30_000);
});

Deno.test("readConfig() takes what Notepad writes, and refuses what is not text", async () => {
  const path = await Deno.makeTempFile();
  try {
    const text = "\ufeff[backend]\r\ndefault-keyring = null\r\n";
    for (const bytes of [new TextEncoder().encode(text), utf16(text), utf16(text, "big")]) {
      await Deno.writeFile(path, bytes);
      assertEquals(readConfig(path), { defaultKeyring: "null" });
    }
    await Deno.writeFile(path, utf16(text.slice(1)));
    const { message } = assertThrows(() => readConfig(path), KeyringError);
    assertStringIncludes(message, "line 1 contains a NUL character; text must be UTF-8, or UTF-16");
  } finally {
    await Deno.remove(path);
  }
});
