import { assertEquals } from "@std/assert";
import {
  BASE64_MARKER,
  fromStoredForm,
  toStoredForm,
} from "../../../src/backends/secret_service/stored_form.ts";
import type { FileKind } from "../../../src/backends/secret_service/keyring_file.ts";

function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

async function isEncoded(secret: Uint8Array, kind: FileKind): Promise<boolean> {
  const stored = await toStoredForm(secret, () => Promise.resolve(kind));
  const encoded = new TextDecoder().decode(stored).startsWith(BASE64_MARKER);
  if (!encoded) assertEquals(stored, secret);
  assertEquals(fromStoredForm(stored), secret);
  return encoded;
}

Deno.test("toStoredForm() leaves text alone and encodes the rest", async () => {
  for (const kind of ["encrypted", "plain", "unknown"] as const) {
    for (const text of ["", "päss", "x\ufeff", "-x", "x ", "a = b", "[keyring]", "\"'#;"]) {
      assertEquals(await isEncoded(bytes(text), kind), false, text);
    }
    const odd = [
      bytes("a\0b"),
      new Uint8Array([255]),
      bytes(BASE64_MARKER),
      bytes("\0"),
      bytes("\ufeffx"),
    ];
    for (const secret of odd) assertEquals(await isEncoded(secret, kind), true);
  }
});

Deno.test("toStoredForm() encodes text that the keyring's file would damage", async () => {
  const cases: [string, FileKind[]][] = [
    ["a\nb", ["plain", "unknown"]],
    ["a\n", ["plain", "unknown"]],
    ["a\r", ["plain", "unknown"]],
    ["a\\b", ["plain"]],
    [" a", ["plain"]],
    ["\ta", ["plain"]],
  ];
  for (const [text, fragile] of cases) {
    for (const kind of ["encrypted", "plain", "unknown"] as const) {
      const what = `${JSON.stringify(text)} in a file that is ${kind}`;
      assertEquals(await isEncoded(bytes(text), kind), fragile.includes(kind), what);
    }
  }
});

Deno.test("toStoredForm() looks at the file only for what it could damage", async () => {
  const refuse = () => Promise.reject(new Error("it was looked at"));
  for (const text of ["pass", "\0", "a\\b\0"]) await toStoredForm(bytes(text), refuse);
});

Deno.test("fromStoredForm() returns what only looks encoded as it is", () => {
  for (const tail of ["A", "AA==\n", " AA==", "AB==", "ä", "\ufeffAAAA"]) {
    assertEquals(fromStoredForm(bytes(BASE64_MARKER + tail)), bytes(BASE64_MARKER + tail));
  }
});
