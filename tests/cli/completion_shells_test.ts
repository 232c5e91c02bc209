// @uses zsh, fish

// The scripts of --print-completion, in real shells. Names of entries are data: none is evaluated,
// and a completed line names exactly that entry.

import { assert, assertEquals } from "@std/assert";
import { SCRIPTS } from "../../src/cli/complete/shells.ts";
import { Completions } from "../fixtures/complete.ts";
import { NAMES } from "../fixtures/shell_names.ts";
import { onTerminal } from "../fixtures/terminal.ts";

const FIXTURE = new URL("../fixtures/complete.ts", import.meta.url).pathname;

// What each command line is completed to, in every shell.
const LINES: [string, string[]][] = [
  ["keyring g", ["get", "git-credential"]],
  ["keyring ge", ["get"]],
  ["keyring -b null d", ["del", "diagnose", "docker-credential"]],
  ["keyring get --mo", ["--mode"]],
  ["keyring set --mo", []],
  ["keyring set svc usr --keyring-", ["--keyring-backend", "--keyring-path"]],
  ["keyring --list-b", ["--list-backends"]],
  ["keyring --ta", []],
  ["keyring list --ta", ["--target"]],
  ["keyring windows wr", ["write"]],
  ["keyring windows write --persist e", ["enterprise"]],
  ["keyring get --mode ", ["creds", "password"]],
  ["keyring --mode creds --output j", ["json"]],
  ["keyring -b chai", ["chain"]],
  ["keyring -p own_", ["own_keyring.ts"]],
  ["keyring get own_", []],
  ["keyring import own_", ["own_keyring.ts"]],
  ["keyring import --dry-run own_", ["own_keyring.ts"]],
  ["keyring import --on-conflict r", ["replace"]],
  ["keyring export -o own_", ["own_keyring.ts"]],
  ["keyring get svc -- --mo", []],
  ["keyring run --env", ["--env", "--env-file"]],
  ["keyring run --env-file own_", ["own_keyring.ts"]],
  ["keyring run --env A=s/u -- own_pro", ["own_program"]],
  ["keyring run --env A=s/u -- own_program own_", ["own_keyring.ts"]],
  ["keyring get sv", ["svc"]],
  ["keyring get svc two", ["two words"]],
  ["keyring get 'two wo", ["two words"]],
];

const ZSH = `
zmodload zsh/zpty
zpty z zsh -f -i
zpty -w z 'source ./setup.zsh'
zpty -r z ready '*ready*'
zpty -w -n z "$1"$'\\t'
zpty -r z offers $'*begin*end\\r\\n*'
print -r -- $offers
zpty -d z
`;

// What is offered is printed instead of being shown.
const ZSH_SETUP = `
PS1= PS2=
autoload -Uz compinit
compinit -D -u
source ./completion
compadd() {
  local offer; local -a offers
  builtin compadd -O offers "$@"
  for offer in $offers; do print -r -- "offer:$offer"; done
  builtin compadd "$@"
}
offer() { print begin; _main_complete; print end; compstate[insert]=; compstate[list]=; }
zle -C offer complete-word offer
bindkey '^I' offer
print ready
`;

// Outside of a completion bash has no compopt. Here it completes as readline then does by default.
const BASH = `
source ./completion
compopt() {
  local name
  while IFS= read -r name; do COMPREPLY+=("$name"); done < <(compgen -f -- "\${COMP_WORDS[COMP_CWORD]}")
}
COMP_LINE=$1
COMP_POINT=\${#1}
read -ra COMP_WORDS <<<"$1"
[[ $1 == *" " ]] && COMP_WORDS+=("")
COMP_CWORD=$((\${#COMP_WORDS[@]} - 1))
_keyring
printf 'offer:%s\\n' "\${COMPREPLY[@]}"
`;

const FISH = `
source ./completion
complete -C $argv[1] | string replace -r '\\t.*' '' | string replace -r '^' offer:
`;

const TRIALS = {
  bash: ["--norc", "-c", BASH, "-"],
  zsh: ["-f", "-c", ZSH, "-"],
  fish: ["--no-config", "-c", FISH, "--"],
};
type Shell = keyof typeof TRIALS;

async function isInstalled(shell: string): Promise<boolean> {
  if (Deno.build.os === "windows") return false;
  const command = new Deno.Command(shell, { args: ["-c", "exit"], stdin: "null", stderr: "null" });
  return await command.output().then(({ success }) => success, () => false);
}

/** Runs a test in a folder with a program `keyring`, whose answers come from a server if there is one. */
async function inFolder(
  shell: Shell,
  work: (folder: string) => Promise<void>,
  completions?: Completions,
) {
  const folder = await Deno.makeTempDir();
  try {
    // Without it a fish that has just been set up reads every manual page of the machine.
    await Deno.mkdir(`${folder}/bin/fish/generated_completions`, { recursive: true });
    const deno = `DENO_DIR='${await denoFolder()}' '${Deno.execPath()}' run -A --no-check`;
    const complete = completions?.script ?? `${deno} '${FIXTURE}' "$@"\nexit\n`;
    // Any other call writes down its arguments, each before a NUL.
    const program = `#!/usr/bin/env bash\nif [[ $1 == complete ]]; then ${complete}fi\n` +
      `printf '%s\\0' "$@" >>'${folder}/called'\nprintf '\\n' >>'${folder}/called'\n`;
    await Deno.writeTextFile(`${folder}/bin/keyring`, program, { mode: 0o755 });
    await Deno.writeTextFile(`${folder}/own_keyring.ts`, "");
    await Deno.writeTextFile(`${folder}/setup.zsh`, ZSH_SETUP);
    await Deno.writeTextFile(`${folder}/bin/own_program`, "#!/bin/sh\n", { mode: 0o755 });
    await Deno.writeTextFile(`${folder}/completion`, SCRIPTS[shell]);
    await work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function denoFolder(): Promise<string> {
  const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["info", "--json"] }).output();
  return JSON.parse(new TextDecoder().decode(stdout)).denoDir;
}

function environment(folder: string): Record<string, string> {
  const PATH = `${folder}/bin:${Deno.env.get("PATH")}`;
  return { HOME: folder, PATH, TERM: "dumb", LC_ALL: "C.UTF-8" };
}

async function offers(shell: Shell, line: string, folder: string): Promise<string[]> {
  const { stdout, stderr } = await new Deno.Command(shell, {
    args: [...TRIALS[shell], line],
    cwd: folder,
    env: environment(folder),
    stdin: "null",
  }).output();
  assertEquals(new TextDecoder().decode(stderr), "", line);
  const text = new TextDecoder().decode(stdout);
  const found = [...text.matchAll(/^offer:(.+?)\r?$/gm)].map(([, offer = ""]) => offer);
  // What bash inserts is escaped already.
  return [...new Set(found.map((offer) => offer.replaceAll("\\", "")))].sort();
}

const START: Record<Shell, { args: string[]; rc: string; setup: string }> = {
  bash: {
    args: ["--noprofile", "--rcfile", "rc", "-i"],
    rc: "rc",
    setup: "HISTFILE= PS1='ready> '; bind 'set page-completions off'\nsource ./completion\n",
  },
  zsh: {
    args: ["-i"],
    rc: ".zshrc",
    setup: "PS1='ready> '; unset zle_bracketed_paste; autoload -Uz compinit; compinit -D -u\n" +
      "source ./completion\n",
  },
  fish: {
    args: ["-i", "--init-command", "source rc"],
    rc: "rc",
    setup: "function fish_prompt; echo -n 'ready> '; end; function fish_greeting; end\n" +
      "source ./completion\n",
  },
};

/** Types lines into a shell; returns the calls and the screen. */
async function typeLines(
  shell: Shell,
  folder: string,
  lines: readonly string[],
): Promise<{ calls: string[][]; screen: string }> {
  const { args, rc, setup } = START[shell];
  await Deno.writeTextFile(`${folder}/spare file.csv`, "");
  await Deno.writeTextFile(`${folder}/${rc}`, setup);
  const env = Object.entries({
    ...environment(folder),
    ZDOTDIR: folder,
    XDG_CONFIG_HOME: `${folder}/bin`,
    XDG_DATA_HOME: `${folder}/bin`,
  }).map(([name, value]) => `${name}=${value}`);
  const command = ["/usr/bin/env", "-C", folder, ...env, shell, ...args];
  const steps = [...lines.flatMap((line) => [line, "\r"]), "exit\r"];
  const { screen } = await onTerminal(command, "ready> ", steps);
  const text = await Deno.readTextFile(`${folder}/called`).catch(() => "");
  return { calls: text.split("\0\n").slice(0, -1).map((call) => call.split("\0")), screen };
}

function filesOf(folder: string): string[] {
  return [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
}

const ENTRIES = [
  ["my_app", "alice"],
  ["two words", "bob"],
  ["https://example.com/a", "carol"],
  ["https://example.com/b", "carol"],
  ["pre fix$1", "x"],
  ["pre fix$2", "x"],
  ["-dash", "y"],
  ["git@example.com", "dave@example.com"],
  ["hey!you", "x"],
  ["three words:here", "x"],
] as const;

// What is typed, and the arguments that `keyring` then gets. Nothing is offered where the tab adds
// nothing.
const TYPED: [typed: string, args: string[]][] = [
  ["keyring ge\tx", ["get", "x"]],
  ["keyring comp\tx", ["compx"]],
  ["keyring get --mo\tcreds x", ["get", "--mode", "creds", "x"]],
  ["keyring get --mode=c\tx", ["get", "--mode=creds", "x"]],
  ["keyring get --mode c\tx", ["get", "--mode", "creds", "x"]],
  ["keyring set --mo\tx", ["set", "--mox"]],
  ["keyring -b nu\tget x", ["-b", "null", "get", "x"]],
  ["keyring windows wr\t--pers\tsess\tt", ["windows", "write", "--persist", "session", "t"]],
  ["keyring help fi\tini\t", ["help", "file", "init"]],
  ["keyring get my\tal\t", ["get", "my_app", "alice"]],
  ["keyring get -n my\t--mode creds al\t", ["get", "-n", "my_app", "--mode", "creds", "alice"]],
  ["keyring get two\\ w\tb\t", ["get", "two words", "bob"]],
  ["keyring get 'two w\tb\t", ["get", "two words", "bob"]],
  ['keyring get "two w\tb\t', ["get", "two words", "bob"]],
  ["keyring list https://ex\ta", ["list", "https://example.com/a"]],
  ["keyring get https://example.com/a c\t", ["get", "https://example.com/a", "carol"]],
  ["keyring list pre\t1", ["list", "pre fix$1"]],
  ["keyring list 'pre\t1'", ["list", "pre fix$1"]],
  ["keyring get -d\tx", ["get", "-dx"]],
  ["keyring get -- -d\ty\t", ["get", "--", "-dash", "y"]],
  ["keyring get own\tx", ["get", "ownx"]],
  ["keyring import spare\t", ["import", "spare file.csv"]],
  ["keyring import --dry-run spare\t", ["import", "--dry-run", "spare file.csv"]],
  ["keyring export -o spare\t", ["export", "-o", "spare file.csv"]],
  ["keyring export --out=spare\t", ["export", "--out=spare file.csv"]],
  ["keyring run --env A=s/u -- own_pro\tspare\t", [
    "run",
    "--env",
    "A=s/u",
    "--",
    "own_program",
    "spare file.csv",
  ]],
  ["keyring run --env A=s/u -- own_program --env\t", [
    "run",
    "--env",
    "A=s/u",
    "--",
    "own_program",
    "--env",
  ]],
  ["true; keyring get my\tal\t", ["get", "my_app", "alice"]],
  ["keyring get git@ex\tdave@ex\t", ["get", "git@example.com", "dave@example.com"]],
  ["keyring get three\\ words:\tx", ["get", "three words:here", "x"]],
  ["keyring get 'hey\tx", ["get", "hey!you", "x"]],
];

for (const shell of ["bash", "zsh", "fish"] as const) {
  // Where a shell is missing; as root on Debian the rig installs it.
  const ignore = !(await isInstalled(shell));

  Deno.test(`${shell} completes the command`, { ignore }, async () => {
    await using completions = new Completions();
    await inFolder(shell, async (folder) => {
      const outcomes = await Promise.all(LINES.map(([line]) => offers(shell, line, folder)));
      const found = LINES.map(([line], index) => [line, outcomes[index]]);
      assertEquals(found, LINES);
    }, completions);
  });

  Deno.test(`${shell} offers names as they are, and evaluates none`, { ignore }, async () => {
    await inFolder(shell, async (folder) => {
      // Before it inserts a name, fish does not quote a "~" at its start.
      const names = NAMES.filter((name) => shell !== "fish" || !name.startsWith("~"))
        .map((name) => name.replaceAll("\\", "")).sort();
      assertEquals(
        await offers(shell, "keyring get svc ", folder),
        // Python takes a negative number and what has a blank for a word.
        names.filter((name) => !name.startsWith("-") || ["-5", "-x y"].includes(name)),
      );
      assertEquals(await offers(shell, "keyring get -- svc ", folder), names);
      const files = [...Deno.readDirSync(folder)].map(({ name }) => name);
      assert(!files.includes("x"), files.join(" "));
    });
  });

  Deno.test(`${shell} completes a line that is typed`, { ignore }, async () => {
    await using completions = new Completions(ENTRIES);
    await inFolder(shell, async (folder) => {
      const lines = TYPED.map(([line]) => line);
      const { calls, screen } = await typeLines(shell, folder, lines);
      assertEquals(calls, TYPED.map(([, call]) => call), screen);
    }, completions);
  });

  Deno.test(`a line that ${shell} completed names exactly that entry`, { ignore }, async () => {
    const names = NAMES.filter((name) =>
      !name.startsWith("-") && (shell !== "fish" || !name.startsWith("~"))
    );
    const entries = names.map((name, index) => [`s${index}.`, name] as const);
    await using completions = new Completions(entries);
    await inFolder(shell, async (folder) => {
      const lines = entries.map(([service]) => `keyring get ${service} \t`);
      const { calls, screen } = await typeLines(shell, folder, lines);
      assertEquals(calls, entries.map((entry) => ["get", ...entry]), screen);
      assert(!filesOf(folder).includes("x"), screen);
    }, completions);
  });

  Deno.test(`${shell} shows names and evaluates none`, { ignore }, async () => {
    await using completions = new Completions(NAMES.map((name) => [name, "usr"] as const));
    await inFolder(shell, async (folder) => {
      const line = "keyring get \t\t\x15keyring get x";
      const { calls, screen } = await typeLines(shell, folder, [line]);
      assertEquals(calls, [["get", "x"]], screen);
      assert(screen.includes("blanks"), screen);
      assert(!filesOf(folder).includes("x"), screen);
    }, completions);
  });
}
