// The hidden prompt. However it ends, the terminal is restored.

import { decodeText, TextError } from "../lib/text.ts";
import { LineEditor, type LineState } from "./line_editor.ts";
import { exitBySignal, onDeadlySignal, suspend } from "./signals.ts";
import { RawTerminal } from "./terminal.ts";
import { CommandError } from "./usage_error.ts";

type Terminal = Pick<RawTerminal, "read" | "show" | typeof Symbol.dispose>;

const BELL = "\x07";
// The bytes of one key, or of one paste, follow each other sooner.
const SILENCE_MS = 100;
// Within a paste the connection may falter.
const PASTE_SILENCE_MS = 2_000;

/**
 * Asks for a password without showing it. Ctrl-C ends the process, and Ctrl-Z stops it, as they would
 * without a prompt. What was typed before Ctrl-Z is kept.
 *
 * `forSeveralLines` is the advice for users who pasted several lines into a terminal that does not
 * mark pastes.
 */
export async function promptPassword(
  question: string,
  forSeveralLines = "use a pipe",
  openTerminal: () => Promise<Terminal> = RawTerminal.ofStdin,
  canSuspend = Deno.build.os !== "windows",
): Promise<string> {
  const editor = new LineEditor(canSuspend);
  try {
    let answer = await onTerminal(openTerminal, question, editor);
    while (answer.state === "suspend") {
      await suspend();
      answer = await onTerminal(openTerminal, question, editor);
    }
    const { state, followed } = answer;
    if (state === "interrupt") await exitBySignal("SIGINT");
    if (editor.inPaste) throw new CommandError("the paste did not end; none of it was used");
    if (followed) throw new CommandError(`several lines were pasted; ${forSeveralLines}`);
    if (state === "enter") return textOf(editor);
  } finally {
    editor.clear();
  }
  throw new CommandError("nothing was entered");
}

function textOf({ bytes }: LineEditor): string {
  try {
    return decodeText(bytes);
  } catch (error) {
    if (!(error instanceof TextError)) throw error;
    throw new CommandError(`what was entered is not text: ${error.message}`);
  }
}

interface Answer {
  state: LineState;
  /** Whether any input followed the key that ended the line. */
  followed: boolean;
}

async function onTerminal(
  openTerminal: () => Promise<Terminal>,
  question: string,
  editor: LineEditor,
): Promise<Answer> {
  const terminal = await openTerminal();
  // In raw mode Ctrl-C is a byte, but `kill -INT` is still a signal.
  const stopListening = onDeadlySignal((signal) => {
    terminal[Symbol.dispose]();
    void exitBySignal(signal);
  });
  try {
    terminal.show(question);
    const { state, rest } = await readLine(terminal, editor);
    return { state, followed: await discardRest(terminal) || rest };
  } finally {
    stopListening();
    terminal[Symbol.dispose]();
  }
}

async function readLine(
  terminal: Terminal,
  editor: LineEditor,
): Promise<{ state: LineState; rest: boolean }> {
  while (true) {
    const bytes = await terminal.read(patience(editor));
    if (bytes === null || (bytes === undefined && editor.inPaste)) {
      return { state: "end", rest: false };
    }
    if (bytes === undefined) {
      editor.endSequence();
      continue;
    }
    const { state, taken } = editor.feed(bytes);
    bytes.fill(0);
    if (state !== "more") return { state, rest: taken < bytes.length };
    if (editor.refused) terminal.show(BELL);
    editor.refused = false;
  }
}

function patience(editor: LineEditor): number | undefined {
  if (editor.inPaste) return PASTE_SILENCE_MS;
  return editor.inSequence ? SILENCE_MS : undefined;
}

// Input left unread when the terminal is restored would be run by the shell and kept in its history.
async function discardRest(terminal: Terminal): Promise<boolean> {
  let discarded = false;
  for (let bytes; (bytes = await terminal.read(SILENCE_MS)); discarded = true) bytes.fill(0);
  return discarded;
}
