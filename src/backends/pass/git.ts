// The commits that `pass` makes where its store is a git repository.

import { Failure } from "../../errors.ts";
import { childEnvironment } from "../../lib/child_environment.ts";
import { lookUp } from "../../lib/environment.ts";
import { oneLine } from "../../lib/one_line.ts";
import { envFlag } from "../../lib/shell.ts";
import { inStore, orNull } from "./location.ts";
import { denied, mayRun, type ProgramResult, runProgram } from "./programs.ts";

// Any of these selects another repository, or a part of one.
const STRAYING = [
  "GIT_DIR",
  "GIT_WORK_TREE",
  "GIT_NAMESPACE",
  "GIT_INDEX_FILE",
  "GIT_INDEX_VERSION",
  "GIT_OBJECT_DIRECTORY",
  "GIT_COMMON_DIR",
];

const NEEDS = {
  // Who commits, how a commit is signed, and what a hook needs to push it.
  keep: [
    "HOME",
    "PATH",
    "XDG_CONFIG_HOME",
    "XDG_RUNTIME_DIR",
    "GNUPGHOME",
    "GPG_TTY",
    "TERM",
    "DISPLAY",
    "WAYLAND_DISPLAY",
    "XAUTHORITY",
    "DBUS_SESSION_BUS_ADDRESS",
    "SSH_AUTH_SOCK",
    "GIT_SSH_COMMAND",
    "EMAIL",
    "LANG",
    ...["AUTHOR", "COMMITTER"].flatMap((who) =>
      ["NAME", "EMAIL", "DATE"].map((what) => `GIT_${who}_${what}`)
    ),
    ...["GLOBAL", "SYSTEM", "NOSYSTEM"].map((what) => `GIT_CONFIG_${what}`),
  ],
  blank: ["GCONV_PATH", "GIT_TRACE"],
  // An asterisk in a name is literal. The code inspects git's messages.
  set: { GIT_LITERAL_PATHSPECS: "1", LC_ALL: "C.UTF-8" },
};

const BUSY = /\.lock'?: File exists|Another git process|cannot lock ref/;
const BUSY_MS = 10_000;

export class Git {
  readonly #folder: string;
  readonly #timeoutMs: number;

  private constructor(folder: string, timeoutMs: number) {
    this.#folder = folder;
    this.#timeoutMs = timeoutMs;
  }

  /** The repository that a file of the store is in, checked to be usable; `undefined` if none. */
  static async find(root: string, file: string, timeoutMs: number): Promise<Git | undefined> {
    for (let folder = parentOf(file);; folder = parentOf(folder)) {
      const found = await inStore(root, "read", () => orNull(Deno.lstat(`${folder}/.git`)));
      if (found) {
        checkAccess();
        return new Git(folder, timeoutMs);
      }
      if (folder === root || folder === "/") return undefined;
    }
  }

  /** Commits the change of one file, and nothing else. */
  async commit(file: string, message: string, signal?: AbortSignal): Promise<void> {
    const isThere = await orNull(Deno.lstat(file)) !== null;
    const stage = isThere ? ["add"] : ["rm", "-q", "--cached", "--ignore-unmatch"];
    await this.#run([...stage, "--", file], signal);
    if (await this.#isClean(file, signal)) return;
    const signing = await this.#run(["config", "--bool", "--get", "pass.signcommits"], signal, [1]);
    const sign = new TextDecoder().decode(signing.stdout).trim() === "true" ? ["-S"] : [];
    await this.#run(["commit", "-q", ...sign, "-m", message, "--", file], signal);
  }

  /** Whether the last commit has the file as it is. */
  async isCommitted(file: string): Promise<boolean> {
    return await this.#isClean(file).catch(() => false);
  }

  /** Unstages what was staged. */
  async unstage(file: string): Promise<void> {
    await this.#run(["reset", "-q", "--", file]).catch(() =>
      // Before the first commit there is nothing to go back to.
      this.#run(["rm", "-q", "--cached", "--ignore-unmatch", "--", file])
    ).catch(() => {});
  }

  async #isClean(file: string, signal?: AbortSignal): Promise<boolean> {
    const { stdout } = await this.#run(["status", "--porcelain", "--", file], signal);
    return stdout.length === 0;
  }

  async #run(args: string[], signal?: AbortSignal, allowed: number[] = []): Promise<ProgramResult> {
    const end = performance.now() + BUSY_MS;
    while (true) {
      const options = { args: ["-C", this.#folder, ...args], timeoutMs: this.#timeoutMs, signal };
      const result = await runProgram("git", NEEDS, options);
      if (result.code === 0 || allowed.includes(result.code)) return result;
      if (!BUSY.test(result.stderr) || performance.now() > end) throw gitFailure(result);
      await new Promise((resolve) => setTimeout(resolve, 20 + 80 * Math.random()));
    }
  }
}

// Where not all variables may be read, git inherits them.
function checkAccess(): void {
  if (!mayRun("git")) throw denied("--allow-run=git");
  if (childEnvironment(NEEDS).clearEnv) return;
  for (const variable of STRAYING) {
    const { state } = lookUp(variable);
    if (state === "denied") throw denied(envFlag(STRAYING));
    if (state === "unset") continue;
    const reason = `${variable} is set, and leads git to another repository`;
    throw new Failure("other", reason, { advice: "Unset it." });
  }
}

function gitFailure({ code, stderr }: ProgramResult): Failure {
  const lines = stderr.split("\n").filter((line) => line.trim() !== "");
  const said = lines.findLast((line) => /^(fatal|error): /.test(line)) ?? lines[0];
  const why = said === undefined ? `exit code ${code}` : oneLine(said);
  return new Failure("other", `git could not commit it, so it was undone (${why})`, {
    code,
    advice:
      "Commit something in the password store with `pass git commit --allow-empty` to see why.",
  });
}

function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/")) || "/";
}
