// @environment unit, windows
// @uses python3

import { assert, assertEquals, assertRejects } from "@std/assert";
import { LineEditor } from "../../src/cli/line_editor.ts";
import { promptPassword } from "../../src/cli/prompt.ts";
import { onTerminal, type TerminalReport } from "../fixtures/terminal.ts";

/** What is typed at once, or `null` for a time in which nothing is. */
type Chunk = string | number[] | null;

function type(...chunks: Chunk[]): { editor: LineEditor; state: string; taken: number } {
  const editor = new LineEditor();
  let fed = { state: "more", taken: 0 };
  for (const chunk of chunks) {
    if (chunk === null) editor.endSequence();
    else {
      fed = editor.feed(
        typeof chunk === "string" ? new TextEncoder().encode(chunk) : Uint8Array.from(chunk),
      );
    }
  }
  return { editor, ...fed };
}

function text(...chunks: Chunk[]): string {
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
    assertEquals([line.state, line.taken], [state, 3]);
    assertEquals(line.editor.bytes.length, 2);
  }
});

Deno.test("LineEditor keeps the keys that mean nothing here out of the password", () => {
  assertEquals(text("a\x1b[Db\x1b[3~c\x1bOPd"), "abcd");
  assertEquals(text("a\x1b[", "1;5Db"), "ab");
  assertEquals(text("a\x1b", null, "[b"), "a[b");
  assertEquals(text("a\x1b", "[", "Db\x1b", "OPc"), "abc");
  assertEquals(text("a\x01\x1a\0b"), "ab");
  for (const typed of ["\x1b[D", "\x01"]) assert(type(typed).editor.refused);
  assert(!type("ab\x7f\x15").editor.refused);
});

function paste(content: string): string {
  return `\x1b[200~${content}\x1b[201~`;
}

Deno.test("LineEditor takes what is pasted as it is, and line breaks as line feeds", () => {
  const cases: [string, string][] = [
    ["a b", "a b"],
    ["a\rb\r\nc\nd", "a\nb\nc\nd"],
    ["a\r\r\nb", "a\n\nb"],
    ["a\r", "a"],
    ["a\r\n", "a"],
    ["a\r\r", "a\n"],
    ["\r", ""],
    ["", ""],
    ["a\x03\x04\x15\x7f\x1b[D\tb", "a\x03\x04\x15\x7f\x1b[D\tb"],
    ["\x1b[201", "\x1b[201"],
    ["é🔑".repeat(1000), "é🔑".repeat(1000)],
  ];
  for (const [pasted, stored] of cases) {
    const whole = paste(pasted);
    assertEquals(text(whole), stored, JSON.stringify(pasted));
    assertEquals(text(`x${whole}${whole}y`), `x${stored}${stored}y`);
    const bytes = [...new TextEncoder().encode(whole)];
    for (let end = 1; end < Math.min(bytes.length, 30); end++) {
      assertEquals(text(bytes.slice(0, end), bytes.slice(end)), stored, `${end}`);
    }
  }
  assertEquals(text(paste("ab\rc"), "\x7f\x7f\x7f"), "a");
  assertEquals(text(`${paste("old")}\x15new`), "new");
});

Deno.test("LineEditor ends no line within a paste", () => {
  const { editor, state } = type("\x1b[200~a\r\x03\x04");
  assertEquals([state, editor.inPaste], ["more", true]);
  assertEquals(type(`${paste("a\r")}\rmore`).state, "enter");
  assert(!type(paste("a")).editor.inPaste);
});

Deno.test("LineEditor overwrites what it takes away", () => {
  const { editor } = type("typed", paste("secret\r\n\r\n"));
  const room = new Uint8Array(editor.bytes.buffer);
  assertEquals(new TextDecoder().decode(room).replace(/\0+$/, ""), "typedsecret\n");
  editor.clear();
  assert(room.every((byte) => byte === 0));
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

function assertRestored({ echo, canonical, marksPastes, screen }: TerminalReport): void {
  assertEquals([echo, canonical, marksPastes], [true, true, false]);
  assert(screen.startsWith("Password: \r\n"), screen);
}

Deno.test(
  "promptPassword() edits a line that it does not show",
  { ignore: POSIX_ONLY },
  async () => {
    const report = await onPrompt("wrong\x15", "pé", "\x7f", "ñ", "\x1b[D", "🔑x\x7f", "\r");
    assertEquals(report.status, 0);
    assertEquals(report.screen, 'Password: \x07\r\n"pñ🔑"\r\n');
    assertEquals([report.echo, report.canonical, report.marksPastes], [true, true, false]);
  },
);

Deno.test("promptPassword() takes an empty line", { ignore: POSIX_ONLY }, async () => {
  const report = await onPrompt("\r");
  assertEquals([report.status, report.screen], [0, 'Password: \r\n""\r\n']);
});

const KEY = `-----BEGIN PRIVATE KEY-----\n${`${"Aa0+".repeat(16)}\n`.repeat(52)}` +
  "-----END PRIVATE KEY-----";
const SEVERAL_LINES = "Password: \r\nseveral lines were pasted; use a pipe\r\n";

Deno.test(
  "promptPassword() takes a paste of several lines where the terminal marks it",
  { ignore: POSIX_ONLY },
  async () => {
    const report = await onPrompt(paste(`${KEY}\n`.replaceAll("\n", "\r")), "\r");
    assertEquals(report.screen, `Password: \r\n${JSON.stringify(KEY)}\r\n`);
    assertEquals(report.status, 0);
    assertRestored(report);
  },
);

Deno.test("promptPassword() refuses bytes after Enter", { ignore: POSIX_ONLY }, async () => {
  const lines = [KEY.replaceAll("\n", "\r"), "one\rtwo\r", "one\rt", "one\x04two", "one\r\x1b[A"];
  for (const report of await Promise.all(lines.map((each) => onPrompt(each)))) {
    assertEquals([report.status, report.screen], [1, SEVERAL_LINES]);
    assertRestored(report);
  }
  const interrupted = await onPrompt("one\x03two\r");
  assertEquals([interrupted.status, interrupted.screen], [-2, "Password: \r\n"]);
});

/** A prompt where these chunks come one after the other, `undefined` for a silence, and then nothing. */
async function promptWith(...chunks: (string | undefined)[]) {
  const bytes = chunks.map((chunk) =>
    chunk === undefined ? chunk : new TextEncoder().encode(chunk)
  );
  const left = [...bytes];
  const limits: (number | undefined)[] = [];
  const terminal = {
    read: (limit?: number) => Promise.resolve((limits.push(limit), left.shift())),
    show: () => {},
    [Symbol.dispose]: () => {},
  };
  const answer = await promptPassword("", "advice", () => Promise.resolve(terminal))
    .catch(({ message }) => message);
  return { answer, limits, left, bytes };
}

Deno.test("promptPassword() reads on for 100 ms after the line, and wipes all it read", async () => {
  const line = await promptWith("pw", "\r");
  assertEquals([line.answer, line.limits], ["pw", [undefined, undefined, 100]]);
  const lines = await promptWith("one\r", "two\r", "three");
  assertEquals(lines.answer, "several lines were pasted; advice");
  assertEquals(lines.limits, [undefined, 100, 100, 100]);
  const pasted = await promptWith("\x1b[200~one\r", "two\x1b[201~", "\r");
  assertEquals([pasted.answer, pasted.limits], ["one\ntwo", [undefined, 2000, undefined, 100]]);
  const escape = await promptWith("a\x1b", undefined, "[b\r");
  assertEquals([escape.answer, escape.limits], ["a[b", [undefined, 100, undefined, 100]]);
  for (const { bytes, left } of [line, lines, pasted, escape]) {
    assertEquals(left, []);
    assert(bytes.every((chunk) => chunk?.every((byte) => byte === 0) ?? true));
  }
});

Deno.test("promptPassword() refuses a paste without an end", { ignore: POSIX_ONLY }, async () => {
  const starts = ["\x1b[200~one\rtwo\r", "\x1b[200~", "\x1b[200~\x03\x04\r"];
  const reason = "the paste did not end; none of it was used";
  for (const report of await Promise.all(starts.map((start) => onPrompt(start)))) {
    assertEquals([report.status, report.screen], [1, `Password: \r\n${reason}\r\n`]);
    assertRestored(report);
  }
});

/** Pastes at the prompt of `set` in a shell, and returns what it shows, remembers and stores. */
async function pasteInShell(pasted: string[], answer: string) {
  const folder = await Deno.makeTempDir();
  try {
    const cli = decodeURIComponent(new URL("../../cli.ts", import.meta.url).pathname);
    const env = {
      HISTFILE: `${folder}/history`,
      PS1: "shell$ ",
      KEYRING_BACKEND: "file",
      KEYRING_FILE: `${folder}/a.age`,
      KEYRING_FILE_IDENTITY: `${folder}/key`,
      NO_COLOR: "1",
    };
    const deno = `exec '${Deno.execPath()}' run -q --no-prompt --no-check -A '${cli}' "$@"`;
    await Deno.writeTextFile(`${folder}/keyring`, `#!/bin/sh\n${deno}\n`, { mode: 0o755 });
    const keyring = (...args: string[]) =>
      new Deno.Command(`${folder}/keyring`, { args, env, stdin: "null" }).output();
    assert((await keyring("file", "init")).success);
    const command = ["/usr/bin/env", ...Object.entries(env).map((pair) => pair.join("="))];
    const { screen } = await onTerminal(
      [...command, "/bin/bash", "--noprofile", "--norc", "-i"],
      "shell$ ",
      [
        `${folder}/keyring set pem u1; echo "code $?"\r`,
        { until: "'pem': " },
        ...pasted,
        { until: answer },
        { until: "shell$ " },
        "exit\r",
      ],
    );
    const history = await Deno.readTextFile(`${folder}/history`);
    const { stdout } = await keyring("get", "-n", "pem", "u1");
    return { screen, history, stored: new TextDecoder().decode(stdout) };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("a paste at the prompt of set does not reach the shell", {
  ignore: POSIX_ONLY,
}, async () => {
  const lines = `${KEY}\n`.replaceAll("\n", "\r");
  const advice = "keyring: several lines were pasted; use a pipe: keyring set … <file";
  for (
    const [pasted, answer, stored] of [
      [[lines], `${advice}\r\ncode 1`, ""],
      [["echo one\recho two\r"], `${advice}\r\ncode 1`, ""],
      [[paste(lines), "\r"], "code 0", KEY],
    ] as const
  ) {
    const shell = await pasteInShell([...pasted], answer);
    assert(shell.screen.includes(answer), shell.screen);
    assert(!/PRIVATE|Aa0|one|two/.test(shell.screen + shell.history), shell.screen + shell.history);
    assertEquals(shell.history.trimEnd().split("\n").length, 2, shell.history);
    assertEquals(shell.stored, stored);
  }
});

Deno.test("promptPassword() fails on Ctrl-D", { ignore: POSIX_ONLY }, async () => {
  const report = await onPrompt("secret", "\x04");
  assertEquals(report.status, 1);
  assertEquals(report.screen, "Password: \r\nnothing was entered\r\n");
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
  for (const [signal, code] of [["SIGUSR1", 138], ["SIGQUIT", 131]] as const) {
    const report = await onPrompt("secret", signal);
    assertEquals(report.status, code);
    assertRestored(report);
  }
});

Deno.test("promptPassword() says that what was entered is no text, whatever it is for", async () => {
  const typed = [Uint8Array.of(0xff, 0x61, 0x0d)];
  const terminal = {
    read: () => Promise.resolve(typed.shift()),
    show: () => {},
    [Symbol.dispose]: () => {},
  };
  const { message } = await assertRejects(
    () => promptPassword("Passphrase: ", undefined, () => Promise.resolve(terminal)),
    Error,
    "what was entered is not text: line 1 is not valid UTF-8",
  );
  assert(!message.includes("store"));
});
