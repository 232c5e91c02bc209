// @environment unit, windows
// @uses python3
//
// `keyring run` in a process of its own: environment, exit codes, signals, and what others can see.

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { keyring } from "../fixtures/command.ts";
import { onTerminal } from "../fixtures/terminal.ts";

const CLI = new URL("../../cli.ts", import.meta.url).href;
const FILLED = new URL("../fixtures/filled_keyring.ts", import.meta.url).href;
const POSIX = { ignore: Deno.build.os === "windows" };
const WINDOWS = { ignore: Deno.build.os !== "windows" };
const LINUX = { ignore: Deno.build.os !== "linux" };
const SECRET = "made-up 1";

/** The words that start a program with `SECRET` in `TOKEN`. */
function words(...program: string[]): string[] {
  return ["-b", FILLED, "run", "--env", "TOKEN=my_app/alice", "--", ...program];
}

function runs(...program: string[]) {
  return keyring(["-A"], words(...program));
}

/** A program that every system of the tests has. */
function deno(code: string): string[] {
  return [Deno.execPath(), "eval", "--quiet", code];
}

function commandLine(...program: string[]): string[] {
  const own = [Deno.execPath(), "run", "--quiet", "--no-prompt", "--no-check", "-A", CLI];
  return [...own, ...words(...program)];
}

function start(program: string[], before: string[] = []): Deno.ChildProcess {
  const [first = "", ...args] = [...before, ...commandLine(...program)];
  return new Deno.Command(first, { args, stdin: "null", stdout: "piped", stderr: "piped" }).spawn();
}

/** Starts a shell script under `keyring run`, and does something once it has printed its id. */
async function withShell(
  script: string,
  work: (child: Deno.ChildProcess, pid: number) => unknown,
  traps = ":",
) {
  const child = start(["/bin/sh", "-c", `${traps}; echo $$; ${script}`]);
  const reader = child.stdout.getReader();
  let out = "";
  while (!out.includes("\n")) {
    const { value, done } = await reader.read();
    if (done) break;
    out += new TextDecoder().decode(value);
  }
  const pid = Number(out.split("\n")[0]);
  // A signal to 0 would end the whole test run.
  if (!(pid > 1)) throw new Error(await new Response(child.stderr).text());
  await work(child, pid);
  const { value } = await reader.read();
  await reader.cancel();
  const err = new TextDecoder().decode(await new Response(child.stderr).bytes());
  return { ...await child.status, out: new TextDecoder().decode(value), err };
}

Deno.test("run hands a secret to the program, and all the rest of the environment", async () => {
  const names = ["TOKEN", "__proto__", "NO_COLOR"];
  const code = `console.log(${JSON.stringify(names)}.map((name) => Deno.env.get(name)).join())`;
  const env = ["--env", "TOKEN=my_app/alice", "--env", "__proto__=my_app/alice"];
  const args = ["-b", FILLED, "run", ...env, "--", ...deno(code)];
  const outcome = await keyring(["-A"], args);
  assertEquals(outcome, { code: 0, out: `${SECRET},${SECRET},1\n`, err: "" });
});

Deno.test("run takes names and text of any kind from an .env file", async () => {
  const map = await Deno.makeTempFile();
  try {
    await Deno.writeTextFile(
      map,
      "URL=keyring://https://host.example:8080/a/b/alice\nNONE=keyring://my_app/team%2Fbob",
    );
    const code = 'console.log(JSON.stringify([Deno.env.get("URL"), Deno.env.get("NONE")]))';
    const args = ["-b", FILLED, "run", "--env-file", map, "--", ...deno(code)];
    const { out, err } = await keyring(["-A"], args);
    assertEquals([JSON.parse(out), err], [["made-up ñ🔑\n2", ""], ""]);
  } finally {
    await Deno.remove(map);
  }
});

Deno.test("run passes input, output, arguments and the exit code on", async () => {
  const code = "console.error(Deno.args.join('|')); " +
    "await Deno.stdin.readable.pipeTo(Deno.stdout.writable); Deno.exit(77)";
  const program = [...deno(code), "--", "--help", "", "a b"];
  const outcome = await keyring(["-A"], words(...program), "through\n");
  assertEquals(outcome, { code: 77, out: "through\n", err: "--help||a b\n" });
});

Deno.test("run exits with 127 and 126 as shells do", async () => {
  const missing = await runs("no-such-program-of-the-tests");
  const reason = 'Cannot start "no-such-program-of-the-tests": there is no such program';
  assertEquals(missing, { code: 127, out: "", err: `keyring: ${reason}\n` });
  if (Deno.build.os === "windows") return;
  for (const path of ["/etc/passwd", "/etc"]) {
    const { code, err } = await runs(path);
    const expected = `keyring: Cannot start "${path}": it is not an executable file\n`;
    assertEquals([code, err], [126, expected]);
  }
  const args = ["-b", FILLED, "run", "--env", "TOKEN=my_app/large", "--", "/bin/echo"];
  const { code, err } = await keyring(["-A"], args);
  assertEquals(code, 126);
  assertMatch(err, /^keyring: Cannot start "\/bin\/echo": its arguments and .* allows\n$/);
});

Deno.test("run tells a missing interpreter from a missing program", POSIX, async () => {
  const folder = await Deno.makeTempDir();
  const scripts = {
    crlf: ["#!/bin/sh\r\nexit 0\r\n", /: its first line ends with CRLF, .*\. Save it with LF\n$/],
    none: [
      "#!/nonexistent/sh\nexit 0\n",
      /: the interpreter that its first line names is missing\n$/,
    ],
  } as const;
  try {
    for (const [name, [text, reason]] of Object.entries(scripts)) {
      const path = `${folder}/${name}`;
      await Deno.writeTextFile(path, text, { mode: 0o755 });
      const env = { PATH: `/nonexistent:${folder}` };
      for (const program of [path, name]) {
        const known = await keyring(["-A"], words(program), "", env);
        assertEquals([known.code, known.out], [126, ""]);
        assertMatch(known.err, reason);
        const root = new URL("../..", FILLED).pathname;
        const flags = ["--allow-run", `--allow-read=${root}`];
        const unknown = await keyring(flags, words(program), "", env);
        assertEquals([unknown.code, unknown.out], [127, ""]);
        assertMatch(unknown.err, /: there is no such program, or the interpreter .* CRLF\n$/);
      }
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("run passes all 32 bits of an exit code on", WINDOWS, async () => {
  // STATUS_CONTROL_C_EXIT: what Ctrl-C makes of a program.
  const code = 0xc000013a | 0;
  assertEquals((await runs(...deno(`Deno.exit(${code})`))).code, code);
});

Deno.test("run starts a batch file", WINDOWS, async () => {
  const folder = await Deno.makeTempDir();
  try {
    const script = `${folder}\\names a token.cmd`;
    await Deno.writeTextFile(script, "@echo %TOKEN% %1\r\n@exit /b 7\r\n");
    const { code, out, err } = await runs(script, "an argument");
    assertEquals([code, out.trim(), err], [7, `${SECRET} "an argument"`, ""]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("run names the permission that starting the program lacks", async () => {
  const flags = ["--allow-read", "--allow-import", "--allow-run=/nonexistent"];
  const program = Deno.execPath();
  const { code, out, err } = await keyring(flags, words(program));
  assertEquals([code, out], [1, ""]);
  assertStringIncludes(err, `Add --allow-run=${program} to the deno command.\n`);
});

Deno.test("run waits for the end of the program, and passes signals on", POSIX, async () => {
  const codes = { SIGTERM: 3, SIGHUP: 4, SIGINT: 5, SIGQUIT: 6, SIGUSR2: 8 } as const;
  const traps = Object.entries(codes).map(([signal, code]) =>
    `trap 'sleep 0.2; exit ${code}' ${signal.slice(3)}`
  );
  for (const [signal, expected] of Object.entries(codes)) {
    const script = "while :; do sleep 0.05; done";
    const { code, err } = await withShell(script, async (child) => {
      await untilPassing(child);
      child.kill(signal as Deno.Signal);
    }, traps.join("; "));
    assertEquals([signal, code, err], [signal, expected, ""]);
  }
});

Deno.test("run leaves Ctrl-C to the program, which gets it once", POSIX, async () => {
  // Each signal writes a byte to the pipe; a handler in a shell or in Python takes two for one. The
  // kernel, too, may do so: not for every one of ten.
  const script = [
    "import os, select, signal, socket",
    "signal.signal(signal.SIGINT, lambda *_: None)",
    "end, count = socket.socketpair()",
    "end.setblocking(False)",
    "signal.set_wakeup_fd(end.fileno())",
    "print('ready', flush=True)",
    "signal.alarm(60)",
    "came = 0",
    "while came < 10:",
    "    came += len(count.recv(1))",
    "    print('got %d.' % came, flush=True)",
    // One that comes twice comes twice at once.
    "more = select.select([count], [], [], 0.5)[0]",
    "os._exit(10 + came + (len(count.recv(100)) if more else 0))",
  ].join("\n");
  const command = commandLine("/usr/bin/python3", "-c", script);
  // The next one only then, or the kernel takes both for one.
  const steps = Array.from({ length: 10 }, (_, sent) => ["\x03", { until: `got ${sent + 1}.` }]);
  assertEquals((await onTerminal(command, "ready", steps.flat())).status, 20);
  const sleeper = commandLine("/bin/sh", "-c", "echo ready; exec sleep 60");
  assertEquals((await onTerminal(sleeper, "ready", ["\x03"])).status, -2);
});

Deno.test("run ends by the signal that ended the program", POSIX, async () => {
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP", "SIGKILL"] as const) {
    const { signal: own } = await withShell(`exec sleep 60`, (_, pid) => Deno.kill(pid, signal));
    assertEquals(own, signal);
  }
  const { signal } = await withShell("exec sleep 60", async (child) => {
    await untilPassing(child);
    child.kill("SIGTERM");
  });
  assertEquals(signal, "SIGTERM");
});

Deno.test("run leaves no core file that holds secrets", POSIX, async () => {
  const { code, signal } = await withShell("exec sleep 60", (_, pid) => Deno.kill(pid, "SIGSEGV"));
  assertEquals([code, signal], [139, null]);
});

// Deno itself ignores none any more, once it listens to one.
Deno.test(
  "run lets nohup within it ignore a hang-up, and outlives that with it",
  LINUX,
  async () => {
    const nohup = start(["/usr/bin/nohup", "/bin/grep", "SigIgn", "/proc/self/status"]);
    const { stdout } = await nohup.output();
    const ignored = parseInt(/\w+$/m.exec(new TextDecoder().decode(stdout).trim())?.[0] ?? "", 16);
    assertEquals(ignored & 0b1, 0b1);
    const { code, signal } = await withShell("sleep 1; exit 5", async (child) => {
      await untilPassing(child);
      child.kill("SIGHUP");
      child.kill("SIGINT");
    }, "trap '' HUP INT");
    assertEquals([code, signal], [5, null]);
  },
);

Deno.test("a secret stands in the program's environment, and nowhere else", LINUX, async () => {
  await withShell("exec sleep 60", async (child, pid) => {
    let environment = "";
    // In the moment of the exec it is empty.
    for (let tries = 0; tries < 500 && environment === ""; tries++) {
      environment = await Deno.readTextFile(`/proc/${pid}/environ`);
    }
    assert(environment.split("\0").includes(`TOKEN=${SECRET}`));
    for (const path of [`${pid}/cmdline`, `${child.pid}/cmdline`, `${child.pid}/environ`]) {
      assert(!(await Deno.readTextFile(`/proc/${path}`)).includes(SECRET), path);
    }
    Deno.kill(pid, "SIGTERM");
  });
});

/** Waits until `keyring run` passes signals on, which is a moment after the program has started. */
async function untilPassing({ pid }: Deno.ChildProcess): Promise<void> {
  const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
  if (Deno.build.os !== "linux") return void await pause(500);
  // It is the only one that listens to SIGUSR2.
  const listens = async () => {
    const [, caught = "0"] =
      /^SigCgt:\s*(\w+)/m.exec(await Deno.readTextFile(`/proc/${pid}/status`)) ?? [];
    return (BigInt(`0x${caught}`) >> 11n & 1n) === 1n;
  };
  while (!await listens()) await pause(10);
}
