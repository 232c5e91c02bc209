import { assertEquals, assertThrows } from "@std/assert";
import { decodeText, TextError } from "../../src/lib/text.ts";
import { utf16 } from "../fixtures/utf16.ts";

const UTF8 = new TextEncoder();

function problemOf(bytes: Uint8Array): string {
  const { message } = assertThrows(() => decodeText(bytes), TextError);
  return message.replace("; text must be UTF-8, or UTF-16 with a byte order mark", "");
}

Deno.test("decodeText() takes UTF-8 and UTF-16, and strips one mark", () => {
  for (const text of ["", "pw", "é€🔑 \t\r\n", "пароль", "\ufeffsecond mark", "\x1b"]) {
    if (!text.startsWith("\ufeff")) assertEquals(decodeText(UTF8.encode(text)), text);
    assertEquals(decodeText(UTF8.encode(`\ufeff${text}`)), text);
    assertEquals(decodeText(utf16(`\ufeff${text}`)), text);
    assertEquals(decodeText(utf16(`\ufeff${text}`, "big")), text);
  }
});

Deno.test("decodeText() refuses all other encodings, and names the line", () => {
  const latin1 = Uint8Array.of(0x61, 0x0a, 0xc3, 0xa9, 0x0a, 0xe9, 0x0a);
  assertEquals(problemOf(latin1), "line 3 is not valid UTF-8");
  assertEquals(problemOf(Uint8Array.of(0xed, 0xa0, 0x80)), "line 1 is not valid UTF-8");
  assertEquals(problemOf(Uint8Array.of(0xff, 0xfe, 0x61)), "the text is not valid UTF-16");
  assertEquals(problemOf(utf16("\ufeff\ud800")), "the text is not valid UTF-16");
  assertEquals(problemOf(utf16("\ufeff\udc00", "big")), "the text is not valid UTF-16");
});

Deno.test("decodeText() refuses NULs, and with them what has no mark", () => {
  assertEquals(problemOf(UTF8.encode("a\nb\0")), "line 2 contains a NUL character");
  assertEquals(problemOf(utf16("\ufeffa\n\nb\0")), "line 3 contains a NUL character");
  for (const order of ["little", "big"] as const) {
    assertEquals(problemOf(utf16("password\r\n", order)), "line 1 contains a NUL character");
    for (const word of ["пароль", "я", "код"]) {
      assertEquals(problemOf(utf16(word, order)), "this looks like UTF-16");
    }
  }
  const utf32 = Uint8Array.of(0xff, 0xfe, 0, 0, 0x61, 0, 0, 0);
  assertEquals(problemOf(utf32), "line 1 contains a NUL character");
});

Deno.test("decodeText() takes tabs and line breaks between single characters", () => {
  for (const text of ["a\tb\t", "\ta\tb", "1\n2\n", "\n1\n2", "\r1\r2"]) {
    assertEquals(decodeText(UTF8.encode(text)), text);
  }
});
