import { run, type RunOptions, type RunResult } from "../../lib/subprocess.ts";
import { classifyFailure, type Failure, firstMessage, ownMessage } from "./failure.ts";
import { type Attributes, judgeFirst, parseSearch, type SearchResult } from "./search_output.ts";

export const DEFAULT_PROGRAM = "/usr/bin/secret-tool";

/** The longest secret that `store` takes. From 8192 bytes on it truncates, and exits with 0. */
export const LONGEST_SECRET = 8191;

const LONGEST_OUTPUT = 16 * 1024 * 1024;

// Without a UTF-8 locale other than ASCII is refused or garbled; with debugging on, log lines are
// printed before the secret. Where a snap's variables leak into the terminal, libsecret keeps a file
// of its own instead of asking the Secret Service, unless it is told.
const ENVIRONMENT = {
  SECRET_BACKEND: "service",
  LC_ALL: "C.UTF-8",
  LANGUAGE: "",
  G_MESSAGES_DEBUG: "",
  G_DEBUG: "",
};

/** What {@linkcode SecretTool.examine} finds; `missing` is no item, or none that may be read. */
export type FirstItem = "cut off" | "empty" | "full" | "missing" | "locked";

export class SecretToolError extends Error {
  override name = "SecretToolError";
  readonly failure: Failure;
  readonly code: number;

  constructor(failure: Failure, message: string, code: number) {
    super(message);
    this.failure = failure;
    this.code = code;
  }
}

export class SecretTool {
  readonly program: string;
  #timeoutMs: number;

  constructor(program: string, timeoutMs: number) {
    this.program = program;
    this.#timeoutMs = timeoutMs;
  }

  /** Reads the secret of the item that was modified last. May open a dialog to unlock it. */
  async lookup(attributes: Attributes, signal?: AbortSignal): Promise<Uint8Array | null> {
    const result = await this.#run(["lookup"], attributes, { signal });
    if (result.code === 0 && result.stdoutEnded) return result.stdout;
    result.stdout.fill(0);
    if (result.code === 0) throw endless();
    return this.#refuseUnlessSilent(result, null);
  }

  /** Has an item unlocked, which may open a dialog. Its secret is not read. */
  async unlock(attributes: Attributes, signal?: AbortSignal): Promise<boolean> {
    const result = await this.#run(["lookup"], attributes, { signal, discardStdout: true });
    return result.code === 0 || this.#refuseUnlessSilent(result, false);
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
    const result = await this.#run(["store", `--label=${label}`], attributes, options);
    const stderr = decode(result.stderr);
    if (result.code !== 0) throw failed(result.code, stderr);
    if (classifyFailure(stderr, 0) === "too-long") throw failed(0, stderr);
    if (result.brokenPipe) {
      throw new SecretToolError("other", "it did not read the whole secret", 0);
    }
  }

  async clear(attributes: Attributes, signal?: AbortSignal): Promise<boolean> {
    const result = await this.#run(["clear"], attributes, { signal, discardStdout: true });
    return result.code === 0 || this.#refuseUnlessSilent(result, false);
  }

  /**
   * Finds the items that have these attributes. Never opens a dialog. The program prints their
   * secrets too: the system throws those away.
   */
  async search(attributes: Attributes, signal?: AbortSignal): Promise<SearchResult> {
    const result = await this.#run(["search", "--all"], attributes, {
      signal,
      discardStdout: true,
    });
    if (result.code !== 0) return this.#refuseUnlessSilent(result, parseSearch("", attributes));
    // What it found stands there.
    if (!result.stderrEnded) throw endless();
    return parseSearch(decode(result.stderr), attributes);
  }

  /** Tells whether the item that a lookup would read has a secret. Never opens a dialog. */
  async examine(attributes: Attributes, label: string, signal?: AbortSignal): Promise<FirstItem> {
    const { code, stdout, stdoutEnded, stderr, stderrEnded } = await this.#run(
      ["search"],
      attributes,
      { signal },
    );
    try {
      if (code !== 0) throw failed(code, decode(stderr));
      if (!stdoutEnded || !stderrEnded) throw endless();
      const { items, locked } = parseSearch(decode(stderr), attributes);
      if (locked) return "locked";
      if (items.length === 0) return "missing";
      return judgeFirst(stdout, label);
    } finally {
      stdout.fill(0);
    }
  }

  #run(
    command: string[],
    attributes: Attributes,
    options: Omit<RunOptions, "args" | "timeoutMs">,
  ): Promise<RunResult> {
    // Without the "--", a name such as "--help" would be taken for an option.
    const args = [...command, "--", ...[...attributes].flat()];
    const timeoutMs = this.#timeoutMs;
    const env = ENVIRONMENT;
    return run(this.program, { ...options, args, env, timeoutMs, maxOutputBytes: LONGEST_OUTPUT });
  }

  #refuseUnlessSilent<T>(result: RunResult, silent: T): T {
    const stderr = decode(result.stderr);
    if (result.code === 1 && firstMessage(stderr) === "") return silent;
    throw failed(result.code, stderr);
  }
}

function endless(): SecretToolError {
  return new SecretToolError("other", "its output did not end", 0);
}

function failed(code: number, stderr: string): SecretToolError {
  const message = ownMessage(stderr) || `it ended with exit code ${code}`;
  return new SecretToolError(classifyFailure(stderr, code), message, code);
}

function decode(bytes: Uint8Array): string {
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
}
