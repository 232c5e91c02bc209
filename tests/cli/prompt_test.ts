// @environment unit, windows
// @uses python3

import { assert, assertEquals } from "@std/assert";
import { LineEditor } from "../../src/cli/line_editor.ts";
import { onTerminal, type TerminalReport } from "../fixtures/terminal.ts";

function type(...chunks: (string | number[])[]): { editor: LineEditor; state: string } {
  const editor = new LineEditor();
  let state = "more";
  for (const chunk of chunks) {
    state = editor.feed(
      typeof chunk === "string" ? new TextEncoder().encode(chunk) : Uint8Array.from(chunk),
    );
  }
  return { editor, state };
}

function text(...chunks: (string | number[])[]): string {
  return new TextDecoder("utf-8", { fatal: true }).decode(type(...chunks).editor.bytes);
}

Deno.test("LineEditor keeps what is typed", () => {
  assertEquals(text("pass word\t", "é", [0xf0, 0x9f], [0x94, 0x91]), "pass word\té🔑");
  assertEquals(text("x".repeat(5000)), "x".repeat(5000));
});

Deno.test("LineEditor erases whole characters", () => {
  const cases: [string, string][] = [
    ["ab\x7f", "a"],
    ["ab\b", "a"],
    ["aé\x7f", "a"],
    ["ae\u0301\x7f", "a"],
    ["a🔑\x7f", "a"],
    ["a👍🏽\x7f", "a"],
    ["a👩‍👩‍👧\x7f", "a"],
    ["a❤️\x7f", "a"],
    ["\u0301\x7f", ""],
    ["a\x7f\x7f\x7fb", "b"],
  ];
  for (const [typed, left] of cases) assertEquals(text(typed), left, JSON.stringify(typed));
});

Deno.test("LineEditor clears the line on Ctrl-U and overwrites it", () => {
  assertEquals(text("wrong\x15right"), "right");
  const { editor } = type("secret");
  const bytes = editor.bytes;
  editor.clear();
  assertEquals([...bytes], [0, 0, 0, 0, 0, 0]);
  assertEquals(editor.bytes.length, 0);
});

Deno.test("LineEditor ends the line at Enter, Ctrl-D and Ctrl-C", () => {
  for (
    const [key, state] of [["\r", "enter"], ["\n", "enter"], ["\x04", "end"], ["\x03", "interrupt"]]
  ) {
    const line = type(`pw${key}more`);
    assertEquals(line.state, state);
    assertEquals(line.editor.bytes.length, 2);
  }
});

Deno.test("LineEditor keeps the keys that mean nothing here out of the password", () => {
  assertEquals(text("a\x1b[Db\x1b[3~c\x1bOPd"), "abcd");
  assertEquals(text("a\x1b[", "1;5Db"), "ab");
  assertEquals(text("a\x1b", "[b"), "a[b");
  assertEquals(text("a\x01\x1a\0b"), "ab");
  for (const typed of ["\x1b[D", "\x01"]) assert(type(typed).editor.refused);
  assert(!type("ab\x7f\x15").editor.refused);
});

const POSIX_ONLY = Deno.build.os === "windows"; // Windows has no pty that a test could drive.

const PROMPTER = `
import { promptPassword } from ${
  JSON.stringify(new URL("../../src/cli/prompt.ts", import.meta.url))
};
try {
  console.log(JSON.stringify(await promptPassword("Password: ")));
} catch (error) {
  console.log(error.message);
  Deno.exitCode = 1;
}
`;

async function onPrompt(...steps: string[]): Promise<TerminalReport> {
  const prompter = `data:application/javascript,${encodeURIComponent(PROMPTER)}`;
  return await onTerminal([Deno.execPath(), "run", "--no-prompt", prompter], "Password: ", steps);
}

function assertRestored({ echo, canonical, screen }: TerminalReport): void {
  assertEquals({ echo, canonical }, { echo: true, canonical: true });
  assert(screen.startsWith("Password: \r\n"), screen);
}

Deno.test(
  "promptPassword() edits a line that it does not show",
  { ignore: POSIX_ONLY },
  async () => {
    const report = await onPrompt("wrong\x15", "pé", "\x7f", "ñ", "\x1b[D", "🔑x\x7f", "\r");
    assertEquals(report.status, 0);
    assertEquals(report.screen, 'Password: \x07\r\n"pñ🔑"\r\n');
    assertEquals([report.echo, report.canonical], [true, true]);
  },
);

Deno.test("promptPassword() takes an empty line", { ignore: POSIX_ONLY }, async () => {
  const report = await onPrompt("\r");
  assertEquals([report.status, report.screen], [0, 'Password: \r\n""\r\n']);
});

Deno.test("promptPassword() fails on Ctrl-D", { ignore: POSIX_ONLY }, async () => {
  const report = await onPrompt("secret", "\x04");
  assertEquals(report.status, 1);
  assertEquals(report.screen, "Password: \r\nno password was entered\r\n");
  assertRestored(report);
});

Deno.test("promptPassword() dies by SIGINT on Ctrl-C", { ignore: POSIX_ONLY }, async () => {
  const report = await onPrompt("secret", "\x03");
  assertEquals(report.status, -2);
  assertRestored(report);
});

Deno.test("promptPassword() leaves the terminal in order when it is killed", {
  ignore: POSIX_ONLY,
}, async () => {
  for (const [signal, number] of [["SIGTERM", 15], ["SIGINT", 2], ["SIGHUP", 1]] as const) {
    const report = await onPrompt("secret", signal);
    assertEquals(report.status, -number);
    assertRestored(report);
  }
});
