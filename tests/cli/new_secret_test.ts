// @environment unit, windows
//
// What `set` and `windows write` take for a secret, and what they refuse.

import { assertEquals } from "@std/assert";
import { MemoryKeyring } from "../../src/backends/memory.ts";
import type { Context } from "../../src/cli/command.ts";
import { piped, pipedText, runMain } from "../fixtures/main.ts";
import { utf16 } from "../fixtures/utf16.ts";

interface Result {
  code: number;
  err: string;
  stored: string | Uint8Array | undefined;
}

const OLD = "a good password";
const UTF8 = new TextEncoder();

async function set(args: string[], context: Partial<Context>): Promise<Result> {
  const keyring = new MemoryKeyring();
  await keyring.setPassword("s", "u", OLD);
  const { code, err } = await runMain(["set", ...args, "s", "u"], keyring, context);
  const stored = await keyring.getSecret("s", "u") ?? undefined;
  return {
    code,
    err,
    stored: args.includes("--binary") ? stored : new TextDecoder().decode(stored),
  };
}

async function write(args: string[], context: Partial<Context>): Promise<Result> {
  const bytes = args.includes("--binary") ? ["--encoding", "bytes"] : [];
  let stored: string | Uint8Array = bytes.length > 0 ? UTF8.encode(OLD) : OLD;
  const rest = args.filter((arg) => arg !== "--binary");
  const { code, err } = await runMain(
    ["windows", "write", ...bytes, ...rest, "t"],
    new MemoryKeyring(),
    {
      os: "windows",
      manager: () =>
        Promise.resolve({
          read: () => null,
          write: ({ secret }) => {
            stored = typeof secret === "string" ? secret : secret.slice();
          },
          delete: () => false,
          enumerate: () => [],
        }),
      ...context,
    },
  );
  return { code, err, stored };
}

const COMMANDS = [set, write];
const NOTHING = ["", "\n", "\r\n", "\r", "\ufeff", "\ufeff\r\n"];
const ADVICE = "Use --empty to store the empty password.";

Deno.test("a command that stores a secret refuses an empty pipe, and changes nothing", async () => {
  for (const command of COMMANDS) {
    for (const os of ["linux", "windows"] as const) {
      if (command === write && os === "linux") continue;
      for (const input of NOTHING) {
        for (
          const bytes of [UTF8.encode(input), ...input.startsWith("\ufeff") ? [utf16(input)] : []]
        ) {
          const { code, err, stored } = await command([], { stdin: piped(bytes), os });
          const reason = "Nothing was stored: standard input is empty.";
          assertEquals([code, err], [1, `keyring: ${reason} ${ADVICE}\n`], JSON.stringify(input));
          assertEquals(stored, OLD);
        }
      }
    }
    const { code, stored } = await command(["--binary"], { stdin: pipedText("") });
    assertEquals([code, stored], [1, UTF8.encode(OLD)]);
  }
});

Deno.test("a command that stores a secret refuses Enter on nothing", async () => {
  for (const command of COMMANDS) {
    const stdin = { isTerminal: () => true, read: () => Promise.resolve(null) };
    const { code, err, stored } = await command([], { stdin, prompt: () => Promise.resolve("") });
    const reason = "Nothing was stored: no password was entered.";
    assertEquals([code, err, stored], [1, `keyring: ${reason} ${ADVICE}\n`, OLD]);
  }
});

Deno.test("--empty stores the empty secret, without asking", async () => {
  const terminal = { isTerminal: () => true, read: () => Promise.reject(new Error("it was read")) };
  for (const command of COMMANDS) {
    for (const stdin of [terminal, ...["", "\n", "\r\n"].map(pipedText)]) {
      assertEquals(await command(["--empty"], { stdin }), { code: 0, err: "", stored: "" });
    }
    const binary = await command(["--empty", "--binary"], { stdin: pipedText("") });
    assertEquals([binary.code, binary.err, binary.stored?.length], [0, "", 0]);
    for (const input of ["secret", "\n\n", " "]) {
      const { code, err, stored } = await command(["--empty"], { stdin: pipedText(input) });
      const reason = "Nothing was stored: standard input is not empty. " +
        "Leave out --empty to store what it holds.";
      assertEquals([code, err, stored], [1, `keyring: ${reason}\n`, OLD]);
    }
  }
});

Deno.test("a mark is no part of a secret, and UTF-16 with one is text", async () => {
  for (const command of COMMANDS) {
    for (const text of ["pw", "пароль é🔑", " a\nb "]) {
      const inputs = [
        UTF8.encode(`${text}\r\n`),
        UTF8.encode(`\ufeff${text}\r\n`),
        utf16(`\ufeff${text}\r\n`),
        utf16(`\ufeff${text}\r\n`, "big"),
      ];
      for (const input of inputs) {
        const outcome = await command([], { stdin: piped(input), os: "windows" });
        assertEquals(outcome, { code: 0, err: "", stored: text });
      }
    }
  }
});

Deno.test("text with NULs, or in another encoding, is refused; bytes are stored as they are", async () => {
  const inputs = [UTF8.encode("a\0b"), utf16("pw\r\n"), utf16("пароль"), Uint8Array.of(0x41, 0xe9)];
  for (const command of COMMANDS) {
    for (const input of inputs) {
      const { code, err, stored } = await command([], { stdin: piped(input), os: "windows" });
      const option = command === set ? "--binary" : "--encoding bytes";
      assertEquals([code, stored], [1, OLD]);
      assertEquals(err.split(". ")[1], `Use ${option} to store bytes as they are.\n`);
    }
    for (
      const input of [...inputs, utf16("\ufeffpw"), UTF8.encode("\ufeffpw\n"), UTF8.encode("\n")]
    ) {
      const { code, stored } = await command(["--binary"], { stdin: piped(input), os: "windows" });
      assertEquals([code, stored], [0, input]);
    }
  }
});
