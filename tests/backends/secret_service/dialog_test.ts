// @environment secret-service
// @needs Xvfb (xvfb), xdotool, /usr/libexec/gcr-prompter (gcr)
//
// A locked keyring with a display, where the daemon asks for its password in a dialog. In a private
// session only: dev/secret_service_session.sh deno test -A tests/backends/secret_service/dialog_test.ts

import { assert, assertEquals, assertLess, assertRejects } from "@std/assert";
import { DEFAULT_PROGRAM } from "../../../src/backends/secret_service/secret_tool.ts";
import { SecretServiceKeyring } from "../../../src/backends/secret_service/backend.ts";
import { KeyringLockedError, KeyringTimeoutError } from "../../../src/errors.ts";
import { isPrivateSession } from "../../fixtures/private_session.ts";

const ignore = !isPrivateSession() ||
  !["/usr/bin/Xvfb", "/usr/bin/xdotool", "/usr/libexec/gcr-prompter"].every(exists);
// That of dev/secret_service_session.sh.
const PASSWORD = "correct-horse";
const SERVICE = "keyring_test_dialog";
const CLI = new URL("../../../cli.ts", import.meta.url).href;
const SESSION = decodeURIComponent(
  new URL("../../../dev/secret_service_session.sh", import.meta.url).pathname,
);

function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}

async function firstLine(stream: ReadableStream<Uint8Array>): Promise<string> {
  let text = "";
  for await (const chunk of stream.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    if (text.includes("\n")) break;
  }
  return text.split("\n")[0] ?? "";
}

async function output(program: string, args: string[]): Promise<string> {
  const { stdout } = await new Deno.Command(program, { args, stdin: "null", stderr: "null" })
    .output();
  return new TextDecoder().decode(stdout);
}

/** The screen on which the daemon's dialogs are shown. */
class Screen {
  constructor(readonly name: string) {}

  async #xdotool(...args: string[]): Promise<string> {
    return await output("/usr/bin/env", [`DISPLAY=${this.name}`, "/usr/bin/xdotool", ...args]);
  }

  async showsDialog(): Promise<boolean> {
    return await this.#xdotool("search", "--onlyvisible", "--class", "prompter") !== "";
  }

  /** Waits until a dialog is there, or until none is. */
  async until(shown: boolean): Promise<void> {
    for (let tries = 0; tries < 600; tries++) {
      if (await this.showsDialog() === shown) return;
      await pause(100);
    }
    throw new Error(shown ? "No dialog was shown" : "The dialog did not go away");
  }

  /** Ends the program that shows the dialogs. */
  async killPrompter(): Promise<void> {
    const window = await this.#xdotool("search", "--class", "prompter");
    const pid = Number(await this.#xdotool("getwindowpid", window.split("\n")[0] ?? ""));
    assert(pid > 1, "The prompter was not found");
    Deno.kill(pid, "SIGKILL");
  }

  /** Closes the dialogs, those that nobody waits for any more included. */
  async dismissAll(): Promise<void> {
    for (let tries = 0; tries < 600 && await this.showsDialog(); tries++) {
      await this.#xdotool("key", "Escape");
      await pause(100);
    }
    await this.until(false);
  }

  /** Dismisses the dialog of a call that is under way. */
  async dismiss(call: Promise<unknown>): Promise<void> {
    await this.#answer(call, ["key", "Escape"]);
  }

  /** Answers the dialog of a call that is under way with a password. */
  async enter(call: Promise<unknown>, password: string): Promise<void> {
    await this.#answer(call, ["key", "ctrl+a"], ["type", password], ["key", "Return"]);
  }

  // Again and again: a dialog that is not quite there yet loses keys.
  async #answer(call: Promise<unknown>, ...answer: string[][]): Promise<void> {
    let settled = false;
    call.catch(() => {}).finally(() => settled = true);
    for (let answered = -Infinity; !settled; await pause(50)) {
      if (performance.now() - answered < 1_000 || !await this.showsDialog()) continue;
      for (const words of answer) await this.#xdotool(...words);
      answered = performance.now();
    }
    await this.until(false);
  }
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** Runs a test with a bus whose daemon has a screen to show dialogs on. */
async function withScreen(test: (screen: Screen) => Promise<void>): Promise<void> {
  await using xvfb = new Deno.Command("/usr/bin/Xvfb", {
    args: ["-displayfd", "1", "-screen", "0", "800x600x24", "-nolisten", "tcp"],
    stdin: "null",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const screen = new Screen(`:${await firstLine(xvfb.stdout)}`);
  // The variables reach the prompter, which the bus starts.
  const script = 'dbus-update-activation-environment "$@"; echo "$DBUS_SESSION_BUS_ADDRESS"; cat';
  await using session = new Deno.Command(SESSION, {
    args: ["sh", "-c", script, "sh", `DISPLAY=${screen.name}`, "NO_AT_BRIDGE=1"],
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const before = Deno.env.get("DBUS_SESSION_BUS_ADDRESS") ?? "";
  Deno.env.set("DBUS_SESSION_BUS_ADDRESS", await firstLine(session.stdout));
  try {
    await test(screen);
  } finally {
    Deno.env.set("DBUS_SESSION_BUS_ADDRESS", before);
    await session.stdin.close();
    await session.status;
  }
}

async function lock(): Promise<void> {
  await output("dbus-send", [
    ...["--session", "--print-reply", "--dest=org.freedesktop.secrets", "/org/freedesktop/secrets"],
    "org.freedesktop.Secret.Service.Lock",
    "array:objpath:/org/freedesktop/secrets/collection/login",
  ]);
}

/** The process ids of the secret-tools that a process has started and that still run. */
async function children(parent: number = Deno.pid): Promise<number[]> {
  const running: number[] = [];
  for await (const { name } of Deno.readDir("/proc")) {
    const stat = await Deno.readTextFile(`/proc/${name}/stat`).catch(() => "");
    if (/^\d+ \(secret-tool\) \S (\d+)/.exec(stat)?.[1] === `${parent}`) running.push(Number(name));
  }
  return running;
}

function isRunning(pid: number): boolean {
  return exists(`/proc/${pid}`);
}

/** A secret-tool that writes down which of its commands were run. */
class Counter implements AsyncDisposable {
  private constructor(readonly program: string) {}

  static async create(): Promise<Counter> {
    const program = `${await Deno.makeTempDir()}/secret-tool`;
    const script = '#!/bin/sh\necho "$1" >>"$0.log"\nexec /usr/bin/secret-tool "$@"\n';
    await Deno.writeTextFile(program, script, { mode: 0o755 });
    return new Counter(program);
  }

  /** How many of those that open a dialog there were since the last look. */
  async dialogs(): Promise<number> {
    const log = await Deno.readTextFile(`${this.program}.log`);
    await Deno.remove(`${this.program}.log`);
    return log.match(/lookup|store/g)?.length ?? 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.program.replace(/\/[^/]*$/, ""), { recursive: true });
  }
}

async function read(keyring: SecretServiceKeyring): Promise<string | null> {
  return await keyring.getPassword(SERVICE, "alice");
}

const title = "a call that waits at a dialog ends in time, whatever becomes of the dialog";

Deno.test({ name: title, ignore }, async (t) => {
  await withScreen(async (screen) => {
    const keyring = new SecretServiceKeyring({ secretTool: DEFAULT_PROGRAM, timeoutMs: 20_000 });
    await keyring.setPassword(SERVICE, "alice", "made-up");
    await lock();

    await t.step("nobody answers it", async () => {
      const impatient = new SecretServiceKeyring({ secretTool: DEFAULT_PROGRAM, timeoutMs: 4_000 });
      const start = performance.now();
      const waiting = assertRejects(() => read(impatient), KeyringTimeoutError, "a dialog");
      await screen.until(true);
      await waiting;
      assertLess(performance.now() - start, 18_000);
      assertEquals(await children(), []);
      // The daemon leaves it open although nobody waits for the answer any more.
      await screen.dismissAll();
    });

    await t.step("the command is ended meanwhile", async () => {
      const flags = ["--quiet", "--no-check", "--no-prompt", "--allow-run=/usr/bin/secret-tool"];
      const command = new Deno.Command(Deno.execPath(), {
        args: ["run", ...flags, CLI, "--ignore-config", "get", SERVICE, "alice"],
        stdout: "piped",
        stderr: "null",
      }).spawn();
      const ended = command.output();
      await screen.until(true);
      const tools = await children(command.pid);
      assertEquals(tools.length, 1);
      command.kill("SIGTERM");
      assertEquals((await ended).signal, "SIGTERM");
      assertEquals(tools.filter(isRunning), []);
      await screen.dismissAll();
    });

    await t.step("it is dismissed", async () => {
      await using counter = await Counter.create();
      const counted = new SecretServiceKeyring({ secretTool: counter.program });
      const calls = [
        () => read(counted),
        () => counted.setPassword(SERVICE, "alice", "new"),
        () => counted.setPassword(SERVICE, "bob", "new"),
        () => counted.deletePassword(SERVICE, "alice"),
      ];
      for (const call of calls) {
        const locked = assertRejects(call, KeyringLockedError);
        await screen.dismiss(locked);
        await locked;
        assertEquals(await counter.dialogs(), 1);
      }
      assertEquals(await children(), []);
    });

    await t.step("it is answered", async () => {
      const secret = read(keyring);
      await screen.enter(secret, PASSWORD);
      assertEquals(await secret, "made-up");
      assertEquals(await keyring.getPassword(SERVICE, "bob"), null);
      await lock();
    });

    // The last one: the daemon may take the prompter for alive that has just ended.
    await t.step("it breaks down", async () => {
      const locked = assertRejects(() => read(keyring), KeyringLockedError);
      await screen.until(true);
      await screen.killPrompter();
      await locked;
      await screen.until(false);
    });
  });
});
