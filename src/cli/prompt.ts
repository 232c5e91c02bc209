// The hidden prompt. Whatever ends it, the terminal is left as it was found.

import { LineEditor, type LineState } from "./line_editor.ts";
import { writeAll } from "./output.ts";
import { decode } from "./read_password.ts";
import { exitBySignal, onDeadlySignal } from "./signals.ts";
import { CommandError } from "./usage_error.ts";

const BELL = "\x07";

/**
 * Asks for a password on the terminal of standard input, without showing it. Ctrl-C ends the
 * process, as it would without a prompt.
 */
export async function promptPassword(question: string): Promise<string> {
  const editor = new LineEditor();
  try {
    const state = await withRawTerminal(() => ask(question, editor));
    await show("\n").catch(() => {});
    if (state === "enter") return decode(editor.bytes);
  } finally {
    editor.clear();
  }
  throw new CommandError("no password was entered");
}

async function ask(question: string, editor: LineEditor): Promise<LineState> {
  await show(question);
  const buffer = new Uint8Array(1024);
  try {
    while (true) {
      const count = await Deno.stdin.read(buffer);
      if (count === null) return "end";
      const state = editor.feed(buffer.subarray(0, count));
      if (state !== "more") return state;
      if (editor.refused) await show(BELL);
      editor.refused = false;
    }
  } finally {
    buffer.fill(0);
  }
}

async function withRawTerminal(work: () => Promise<LineState>): Promise<LineState> {
  // In raw mode Ctrl-C is a byte, but `kill -INT` is still a signal.
  const stopListening = onDeadlySignal((signal) => void end(signal));
  let state: LineState;
  try {
    Deno.stdin.setRaw(true);
    state = await work();
  } finally {
    Deno.stdin.setRaw(false);
    stopListening();
  }
  return state === "interrupt" ? await end("SIGINT") : state;
}

async function end(signal: Deno.Signal): Promise<never> {
  restoreTerminal();
  return await exitBySignal(signal);
}

// After a hang-up there is no terminal left to restore.
function restoreTerminal(): void {
  try {
    Deno.stdin.setRaw(false);
    Deno.stderr.writeSync(new TextEncoder().encode("\n"));
  } catch {
    // The process ends all the same.
  }
}

function show(text: string): Promise<void> {
  return writeAll(Deno.stderr, new TextEncoder().encode(text));
}
