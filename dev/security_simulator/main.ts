/**
 * A stand-in for the `security` command of macOS, faults included, for machines that do not have
 * it. Its state is in the file that `SECURITY_SIMULATOR_STATE` names.
 *
 * @module
 */

import { fromBytes, toBytes, utf8 } from "./bytes.ts";
import { runCommand, runLoop } from "./interpreter.ts";
import { DialogShown, type Session, Status } from "./session.ts";
import { type State, withState } from "./state.ts";

const DIALOG_LIMIT_MS = 60_000;
const WRITE_MS = 100;

function main(file: string, argv: string[]): number {
  const letters = argv.findIndex((word) => !word.startsWith("-"));
  const flags = letters < 0 ? argv : argv.slice(0, letters);
  const words = letters < 0 ? [] : argv.slice(letters).map(utf8);
  const interactive = flags.includes("-i") && words.length === 0;
  const input = readInput(interactive || words.some((word) => word === "-w"));
  const output = { out: "", err: "" };
  const status = withWriter(file, input + words, (state) => {
    const log = { argv, lines: [] as string[] };
    state.log.push(log);
    const session = makeSession(state, output, interactive ? "" : input, !interactive);
    if (!interactive) return runCommand(session, words);
    const onLine = (line: string) => log.lines.push(line);
    return runLoop(session, { input, quiet: flags.includes("-q"), onLine });
  });
  print(Deno.stdout, output.out);
  print(Deno.stderr, output.err);
  return status & 0xff;
}

function makeSession(
  state: State,
  output: { out: string; err: string },
  answers: string,
  canAsk: boolean,
): Session {
  const lines = answers.split("\n");
  return {
    state,
    home: "/Users/me",
    out: (text) => void (output.out += text),
    err: (text) => void (output.err += text),
    ask: () => lines.shift() ?? "",
    canAsk,
  };
}

/** On a fragile Mac, two writers at a time destroy what there is. */
function withWriter(file: string, input: string, action: (state: State) => number): number {
  const writing = `${file}.writing`;
  const writes = /(add|delete)-(generic|internet)-password/.test(input);
  if (!writes || !withState(file, (state) => state.fragile)) return withDialog(file, action);
  try {
    Deno.openSync(writing, { createNew: true, write: true }).close();
  } catch {
    withState(file, (state) => {
      for (const keychain of Object.values(state.keychains)) keychain.items = [];
    });
    return Status.invalidKeychain;
  }
  try {
    pause(WRITE_MS);
    return withDialog(file, action);
  } finally {
    Deno.removeSync(writing);
  }
}

/** A dialog is shown after the state was let go, so that other processes go on. */
function withDialog(file: string, action: (state: State) => number): number {
  const status = withState(file, (state) => {
    try {
      return action(state);
    } catch (error) {
      if (error instanceof DialogShown) return undefined;
      throw error;
    }
  });
  if (status === undefined) pause(DIALOG_LIMIT_MS);
  return status ?? Status.interactionNotAllowed;
}

function pause(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}

function readInput(wanted: boolean): string {
  let input = "";
  const buffer = new Uint8Array(65536);
  while (wanted) {
    const size = Deno.stdin.readSync(buffer);
    if (size === null) break;
    input += fromBytes(buffer.subarray(0, size));
  }
  return input;
}

function print(stream: { writeSync(bytes: Uint8Array): number }, text: string): void {
  let bytes = toBytes(text);
  while (bytes.length > 0) bytes = bytes.subarray(stream.writeSync(bytes));
}

if (import.meta.main) {
  const file = Deno.env.get("SECURITY_SIMULATOR_STATE");
  if (!file) throw new Error("SECURITY_SIMULATOR_STATE is not set");
  Deno.exit(main(file, Deno.args));
}
