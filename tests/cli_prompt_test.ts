import { assert, assertEquals } from "@std/assert";
import { LineEditor } from "../src/cli/line_editor.ts";

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

interface PtyReport {
  /** How it ended: the exit code, or minus the number of the signal. */
  status: number;
  /** What was shown on the terminal. */
  screen: string;
  /** Whether the terminal echoes, and reads by lines, afterwards. */
  echo: boolean;
  canonical: boolean;
}

// Runs the prompt on a terminal of its own. Each step is typed, or sent as a signal, once the
// prompt is there: before that the terminal is not yet the prompt's.
const DRIVER = `
import json, os, pty, select, signal, sys, termios, time
fd, slave = pty.openpty()
pid = os.fork()
if pid == 0:
    os.setsid()
    own = os.open(os.ttyname(slave), os.O_RDWR)
    for target in 0, 1, 2:
        os.dup2(own, target)
    os.execv(sys.argv[1], sys.argv[1:-1])
screen = b""
def read(until, limit=60):
    global screen
    end = time.monotonic() + limit
    while time.monotonic() < end and not (until and until in screen):
        if not select.select([fd], [], [], 0.1)[0]:
            if until is None and os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT):
                return
            continue
        try:
            data = os.read(fd, 4096)
        except OSError:
            return
        if not data:
            return
        screen += data
read(b"Password: ")
for step in json.loads(sys.argv[-1]):
    if step.startswith("SIG"):
        os.kill(pid, getattr(signal, step))
    else:
        os.write(fd, step.encode())
    time.sleep(0.05)
read(None)
if not os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT):
    os.kill(pid, signal.SIGKILL)
_, status = os.waitpid(pid, 0)
flags = termios.tcgetattr(slave)[3]
print(json.dumps({
    "status": os.waitstatus_to_exitcode(status),
    "screen": screen.decode(),
    "echo": bool(flags & termios.ECHO),
    "canonical": bool(flags & termios.ICANON),
}))
`;

const PROMPTER = `
import { promptPassword } from ${JSON.stringify(new URL("../src/cli/prompt.ts", import.meta.url))};
try {
  console.log(JSON.stringify(await promptPassword("Password: ")));
} catch (error) {
  console.log(error.message);
  Deno.exitCode = 1;
}
`;

async function onTerminal(...steps: string[]): Promise<PtyReport> {
  const prompter = `data:application/javascript,${encodeURIComponent(PROMPTER)}`;
  const { stdout, stderr } = await new Deno.Command("/usr/bin/python3", {
    args: ["-c", DRIVER, Deno.execPath(), "run", "--no-prompt", prompter, JSON.stringify(steps)],
    stdin: "null",
  }).output();
  const report = new TextDecoder().decode(stdout);
  assert(report !== "", new TextDecoder().decode(stderr));
  return JSON.parse(report);
}

function assertRestored({ echo, canonical, screen }: PtyReport): void {
  assertEquals({ echo, canonical }, { echo: true, canonical: true });
  assert(screen.startsWith("Password: \r\n"), screen);
}

Deno.test(
  "promptPassword() edits a line that it does not show",
  { ignore: POSIX_ONLY },
  async () => {
    const report = await onTerminal("wrong\x15", "pé", "\x7f", "ñ", "\x1b[D", "🔑x\x7f", "\r");
    assertEquals(report.status, 0);
    assertEquals(report.screen, 'Password: \x07\r\n"pñ🔑"\r\n');
    assertEquals([report.echo, report.canonical], [true, true]);
  },
);

Deno.test("promptPassword() takes an empty line", { ignore: POSIX_ONLY }, async () => {
  const report = await onTerminal("\r");
  assertEquals([report.status, report.screen], [0, 'Password: \r\n""\r\n']);
});

Deno.test("promptPassword() fails on Ctrl-D", { ignore: POSIX_ONLY }, async () => {
  const report = await onTerminal("secret", "\x04");
  assertEquals(report.status, 1);
  assertEquals(report.screen, "Password: \r\nno password was entered\r\n");
  assertRestored(report);
});

Deno.test("promptPassword() dies by SIGINT on Ctrl-C", { ignore: POSIX_ONLY }, async () => {
  const report = await onTerminal("secret", "\x03");
  assertEquals(report.status, -2);
  assertRestored(report);
});

Deno.test("promptPassword() leaves the terminal in order when it is killed", {
  ignore: POSIX_ONLY,
}, async () => {
  for (const [signal, number] of [["SIGTERM", 15], ["SIGINT", 2], ["SIGHUP", 1]] as const) {
    const report = await onTerminal("secret", signal);
    assertEquals(report.status, -number);
    assertRestored(report);
  }
});
