// @environment linux
// @needs python3
//
// The config file, read by Python's configparser and by this library.

import { assert, assertEquals } from "@std/assert";
import { parseConfig } from "../../src/config.ts";

const PYTHON = "/usr/bin/python3";
const SCRIPT = new URL("../fixtures/python_config.py", import.meta.url).pathname;
const ignore = Deno.build.os === "windows";

const FILES = [
  "",
  "[backend]\ndefault-keyring=a.B\n",
  "[backend]\ndefault-keyring = a.B\nkeyring-path = /x y/z\n",
  "[backend]\nDEFAULT-Keyring: a.B\n",
  "[backend]\n  default-keyring = a.B\n",
  "  [backend]\n  default-keyring = a.B\n",
  "  [backend]\ndefault-keyring = a.B\n",
  "[backend]\ndefault-keyring = a.B\n  keyring-path = /x\n",
  "[backend]\ndefault-keyring =\n  a.B\n",
  "[backend]\ndefault-keyring = a\n\tB\n\n  C\n[other]\n",
  "[backend]\ndefault-keyring = a\n\n\n  B\n",
  "[backend]\ndefault-keyring = a\n# comment\n  B\n",
  "[backend]\ndefault-keyring = a\n  # comment\n  B\n",
  "[backend]\ndefault-keyring = a # not a comment\n",
  "[backend]\ndefault-keyring = a ; not a comment\n",
  "[DEFAULT]\ndefault-keyring = a.B\n",
  "[DEFAULT]\ndefault-keyring = a.B\n[backend]\n",
  "[DEFAULT]\ndefault-keyring = a.B\n[backend]\ndefault-keyring = c.D\n",
  "[backend]\n[DEFAULT]\nkeyring-path = /x\n",
  "[DEFAULT]\nkeyring-path = /x\n[DEFAULT]\ndefault-keyring = a\n[backend]\n",
  "[default]\ndefault-keyring = a.B\n[backend]\n",
  "[Backend]\ndefault-keyring = a.B\n",
  "[ backend ]\ndefault-keyring = a.B\n",
  "[backend] trailing\ndefault-keyring = a.B\n",
  "[backend]]\ndefault-keyring = a.B\n",
  "[backend\ndefault-keyring = a.B\n",
  "[]\ndefault-keyring = a.B\n",
  "default-keyring = a.B\n",
  "# comment\n; comment\n\n[backend]\n#default-keyring = x\ndefault-keyring=a\n",
  "[backend]\ndefault-keyring\n",
  "[backend]\n= a\n",
  "[backend]\ndefault-keyring = a\ndefault-keyring = b\n",
  "[backend]\ndefault-keyring = a\n[backend]\nkeyring-path = b\n",
  "[backend]\ndefault-keyring = a = b : c\n",
  "[backend]\ndefault-keyring : a = b\n",
  "[backend]\ndefault-keyring =\n",
  "[backend]\r\ndefault-keyring = a.B\r\nkeyring-path = C:\\x\r\n",
  "[backend]\rdefault-keyring = a.B\r",
  "[backend]\ndefault-keyring = %(x)s $HOME ~ 'q' \"r\"\n",
  "[backend]\ndefault-keyring\u00a0=\u2003a.B\u3000\n",
  "[backend]\n\u00a0default-keyring = a\n\u00a0\u00a0b\n",
  "[backend]\ndefault-keyring = a\u001cb\u0085c\u2028d\n",
  "[backend]\nother = x\n  [not-a-section]\ndefault-keyring = a\n",
  "[other]\nx = 1\n[backend]\ndefault-keyring = a\n[third]\ndefault-keyring = b\n",
];

async function pythonReads(files: readonly string[]): Promise<unknown[]> {
  const child = new Deno.Command(PYTHON, { args: [SCRIPT], stdin: "piped", stdout: "piped" })
    .spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(files.map((f) => `${JSON.stringify(f)}\n`).join("")));
  await writer.close();
  const { code, stdout } = await child.output();
  assertEquals(code, 0);
  return new TextDecoder().decode(stdout).trimEnd().split("\n").map((line) => JSON.parse(line));
}

function weRead(file: string): unknown {
  try {
    const { defaultKeyring, keyringPath } = parseConfig(file);
    return {
      ...(defaultKeyring !== undefined && { "default-keyring": defaultKeyring }),
      ...(keyringPath !== undefined && { "keyring-path": keyringPath }),
    };
  } catch {
    return "error";
  }
}

Deno.test("the config file is read as Python's configparser reads it", { ignore }, async () => {
  const expected = await pythonReads(FILES);
  for (const [index, file] of FILES.entries()) {
    assertEquals(weRead(file), expected[index], JSON.stringify(file));
  }
});

Deno.test(
  "random config files are read as Python's configparser reads them",
  { ignore },
  async () => {
    const pieces = ["[backend]", "[DEFAULT]", "\n", "\r\n", "=", ":", "#", ";", " ", "\t", "  "];
    pieces.push("default-keyring", "keyring-path", "a", "\n[backend]\n", "\ndefault-keyring = b\n");
    const files = Array.from({ length: 5_000 }, () => {
      const length = Math.floor(Math.random() * 16);
      return Array.from({ length }, () => pieces[Math.floor(Math.random() * pieces.length)]).join(
        "",
      );
    });
    const expected = await pythonReads(files);
    let read = 0;
    for (const [index, file] of files.entries()) {
      // What Python refuses for another section, we may read.
      if (expected[index] === "error") continue;
      assertEquals(weRead(file), expected[index], JSON.stringify(file));
      read++;
    }
    assert(read > 500);
  },
);
