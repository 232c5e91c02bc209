// A display for gnome-keyring's dialogs, and a person at it.

import { exists } from "../lib/dbus/private_bus.ts";

const XVFB = "/usr/bin/Xvfb";
const XDOTOOL = "/usr/bin/xdotool";

export const noScreen = ![XVFB, XDOTOOL, "/usr/libexec/gcr-prompter"].every(exists);

export class Screen implements AsyncDisposable {
  private constructor(readonly name: string, readonly server: Deno.ChildProcess) {}

  static async start(): Promise<Screen> {
    const args = ["-displayfd", "1", "-screen", "0", "800x600x24", "-nolisten", "tcp"];
    const pipes = { stdin: "null", stdout: "piped", stderr: "null" } as const;
    const server = new Deno.Command(XVFB, { args, ...pipes }).spawn();
    const reader = server.stdout.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    while (!text.includes("\n")) text += (await reader.read()).value ?? "\n";
    await reader.cancel();
    return new Screen(`:${text.trim()}`, server);
  }

  async showsDialog(): Promise<boolean> {
    return await this.#xdotool("search", "--onlyvisible", "--class", "prompter") !== "";
  }

  /** Waits until a dialog is there, or until none is. */
  async until(shown: boolean): Promise<void> {
    for (let tries = 0; tries < 2_400; tries++) {
      if (await this.showsDialog() === shown) return;
      await pause(25);
    }
    throw new Error(shown ? "No dialog was shown" : "The dialog did not go away");
  }

  /** Types a password into the dialog. */
  async type(password: string): Promise<void> {
    const keys = [["key", "ctrl+a"], ["type", password], ["key", "Return"]];
    for (const words of keys) await this.#xdotool(...words);
  }

  /** Answers each dialog with a password until a call has ended, or closes it. */
  async answer(call: Promise<unknown>, password?: string): Promise<void> {
    let settled = false;
    call.catch(() => {}).finally(() => settled = true);
    // Again and again: a dialog that is not quite there yet loses keys.
    for (let answered = -Infinity; !settled; await pause(25)) {
      if (performance.now() - answered < 1_000 || !await this.showsDialog()) continue;
      if (password === undefined) await this.#xdotool("key", "Escape");
      else await this.type(password);
      answered = performance.now();
    }
    await this.until(false);
  }

  /** Ends the program that shows the dialogs; it would outlive its bus by some seconds. */
  async killPrompter(): Promise<void> {
    const window = await this.#xdotool("search", "--class", "prompter");
    const pid = Number(await this.#xdotool("getwindowpid", window.split("\n")[0] ?? ""));
    if (pid > 1) Deno.kill(pid, "SIGKILL");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.server.kill("SIGTERM");
    await this.server.status;
  }

  async #xdotool(...args: string[]): Promise<string> {
    const options = { args, env: { DISPLAY: this.name }, stdin: "null", stderr: "null" } as const;
    return new TextDecoder().decode((await new Deno.Command(XDOTOOL, options).output()).stdout);
  }
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
