// The program `secret-tool`: its runs and its environment.

import { Failure } from "../../errors.ts";
import { childEnvironment } from "../../lib/child_environment.ts";
import { run, type RunOptions } from "../../lib/subprocess.ts";
import { failureOf, failureOfRun, isCutOff, isTransient } from "./failures.ts";
import { type Attributes, isLogLine, parseSearch, type SearchResult } from "./search_output.ts";

export const DEFAULT_PROGRAM = "/usr/bin/secret-tool";

/** The longest secret that `store` takes. From 8192 bytes on it truncates, and exits with 0. */
export const LONGEST_SECRET = 8191;

const LONGEST_OUTPUT = 16 * 1024 * 1024;
// With fifty busy processes beside it, a search meets an item that vanishes several times.
const ATTEMPTS = 10;

const ENVIRONMENT = {
  // How GLib finds the session bus, and what it may start for one.
  keep: [
    "DBUS_SESSION_BUS_ADDRESS",
    "XDG_RUNTIME_DIR",
    "HOME",
    "PATH",
    "DISPLAY",
    "WAYLAND_DISPLAY",
    "XAUTHORITY",
  ],
  blank: [
    "GIO_EXTRA_MODULES",
    "GIO_MODULE_DIR",
    "GCONV_PATH",
    "G_MESSAGES_DEBUG",
    "G_DEBUG",
    "G_DBUS_DEBUG",
    "DBUS_VERBOSE",
  ],
  // Without a UTF-8 locale other than ASCII is refused or garbled. Where a snap's variables leak into
  // the terminal, libsecret keeps a file of its own, unless it is told to ask the Secret Service.
  set: { SECRET_BACKEND: "service", LC_ALL: "C.UTF-8", LANGUAGE: "" },
};

interface Answer {
  code: number;
  stdout: Uint8Array;
  stdoutEnded: boolean;
  stderr: string;
  stderrEnded: boolean;
  brokenPipe: boolean;
}

export class SecretTool {
  readonly #program: string;
  readonly #timeoutMs: number;
  readonly #flags: string[];

  /** `flags` are the sets of flags of which each would do; by default the one that lets it run. */
  constructor(program: string, timeoutMs: number, flags: string[] = [runFlag(program)]) {
    this.#program = program;
    this.#timeoutMs = timeoutMs;
    this.#flags = flags;
  }

  /** Reads the secret of the item that was modified last. May open a dialog to unlock it. */
  async lookup(attributes: Attributes, signal?: AbortSignal): Promise<Uint8Array | null> {
    const answer = await this.#run(["lookup"], attributes, { signal });
    if (answer.code === 0 && answer.stdoutEnded) return answer.stdout;
    answer.stdout.fill(0);
    if (answer.code === 0) throw endless();
    return refuseUnlessSilent(answer, null);
  }

  /**
   * Stores an item. Overwrites an item of the default collection that has these attributes, in
   * whose place it then has these attributes only.
   */
  async store(
    label: string,
    attributes: Attributes,
    secret: Uint8Array,
    signal?: AbortSignal,
  ): Promise<void> {
    const options = { signal, stdin: secret, discardStdout: true };
    const answer = await this.#run(["store", `--label=${label}`], attributes, options);
    if (answer.code !== 0 || isCutOff(answer.stderr)) throw failureOf(answer);
    if (answer.brokenPipe) throw new Failure("other", "secret-tool did not read the whole secret");
  }

  async clear(attributes: Attributes, signal?: AbortSignal): Promise<boolean> {
    const answer = await this.#run(["clear"], attributes, { signal, discardStdout: true });
    return answer.code === 0 || refuseUnlessSilent(answer, false);
  }

  /**
   * Finds the items that have these attributes. Never opens a dialog in GNOME Keyring. The program
   * prints their secrets, too: the system throws those away.
   */
  async search(attributes: Attributes, signal?: AbortSignal): Promise<SearchResult> {
    const options = { signal, discardStdout: true };
    const answer = await this.#run(["search", "--all"], attributes, options);
    if (answer.code !== 0) throw failureOf(answer);
    if (!answer.stderrEnded) throw endless();
    return parseSearch(answer.stderr, attributes);
  }

  async #run(
    command: string[],
    attributes: Attributes,
    options: Omit<RunOptions, "args" | "timeoutMs">,
  ): Promise<Answer> {
    // Without the "--", a name such as "--help" would be taken for an option.
    const args = [...command, "--", ...[...attributes].flat()];
    for (let attempt = 1;; attempt++) {
      const answer = await this.#start({ ...options, args, timeoutMs: this.#timeoutMs });
      if (answer.code === 0 || attempt === ATTEMPTS || !isTransient(answer.stderr)) return answer;
      answer.stdout.fill(0);
    }
  }

  async #start(options: RunOptions): Promise<Answer> {
    const environment = childEnvironment(ENVIRONMENT);
    try {
      const limits = { maxOutputBytes: LONGEST_OUTPUT };
      const result = await run(this.#program, { ...options, ...environment, ...limits });
      const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
      return { ...result, stderr: decoder.decode(result.stderr) };
    } catch (error) {
      throw failureOfRun(error, this.#program, this.#flags);
    }
  }
}

export function runFlag(program: string): string {
  return `--allow-run=${program}`;
}

function endless(): Failure {
  return new Failure("other", "the output of secret-tool did not end");
}

// How it says that there is no such item, and that a dialog was dismissed.
function refuseUnlessSilent<T>(answer: Answer, silent: T): T {
  if (answer.code === 1 && answer.stderr.split("\n").every(isLogLine)) return silent;
  throw failureOf(answer);
}
