// @uses zsh, fish

// The scripts of --print-completion, in real shells. Names of entries are data: none is evaluated,
// and a completed line names exactly that entry.

import { assert, assertEquals } from "@std/assert";
import { SCRIPTS } from "../../src/cli/complete/shells.ts";
import { NAMES } from "../fixtures/shell_names.ts";
import { onTerminal } from "../fixtures/terminal.ts";

const FIXTURE = new URL("../fixtures/complete.ts", import.meta.url).pathname;

// What each command line is completed to, in every shell.
const LINES: [string, string[]][] = [
  ["keyring g", ["get"]],
  ["keyring -b null d", ["del", "diagnose"]],
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

const BASH = `
source ./completion
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

async function inFolder(shell: Shell, work: (folder: string) => Promise<void>) {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.mkdir(`${folder}/bin`);
    const deno = `DENO_DIR='${await denoFolder()}' exec '${Deno.execPath()}' run -A --no-check`;
    // Each argument of any other call is kept, between NULs.
    const complete = `(${deno} '${FIXTURE}' "$@"); code=$?; touch '${folder}/bin/completed'`;
    const program = `#!/bin/sh\n[ "$1" = complete ] && { ${complete}; exit $code; }\n` +
      `printf '%s\\0' "$@" >'${folder}/called'\n`;
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

const STARTUP = {
  bash: { file: "rc", text: "PS1='ready> '", args: ["--rcfile", "rc", "-i"] },
  zsh: {
    file: ".zshrc",
    text: "autoload -Uz compinit; compinit -D -u; PS1='ready> '",
    args: ["-i"],
  },
  fish: {
    file: "rc",
    text: "function fish_prompt; echo 'ready> '; end",
    args: ["-C", "source rc"],
  },
};

/** Completes the first characters of a name on a terminal, runs the line, and returns its words. */
async function completedCall(shell: Shell, start: string, folder: string): Promise<string[]> {
  const { file, text, args } = STARTUP[shell];
  await Deno.writeTextFile(`${folder}/${file}`, `${text}\nsource ./completion\n`);
  const env = Object.entries(environment(folder)).map(([name, value]) => `${name}=${value}`);
  const command = ["/usr/bin/env", "-C", folder, ...env, `ZDOTDIR=${folder}`, shell, ...args];
  await onTerminal(command, "ready> ", [
    `keyring get svc ${start}\t`,
    `file:${folder}/bin/completed`,
    ...Array.from({ length: 6 }, () => ""),
    "\r",
    `file:${folder}/called`,
    "exit\r",
  ]);
  const words = (await Deno.readTextFile(`${folder}/called`)).split("\0").slice(0, -1);
  for (const name of ["called", "bin/completed"]) await Deno.remove(`${folder}/${name}`);
  return words;
}

// A beginning that only this name has, as it is typed in each shell.
const STARTS: [name: string, start: string][] = [
  ["https://example.com:8443/a?b=1&c=2", "https:"],
  ["$(touch x)", "'$(t"],
  ["two words", "two"],
  ['say "hi"', "sa"],
];

for (const shell of ["bash", "zsh", "fish"] as const) {
  // Where a shell is missing; as root on Debian the rig installs it.
  const ignore = !(await isInstalled(shell));

  Deno.test(`${shell} completes the command`, { ignore }, async () => {
    await inFolder(shell, async (folder) => {
      const outcomes = await Promise.all(LINES.map(([line]) => offers(shell, line, folder)));
      const found = LINES.map(([line], index) => [line, outcomes[index]]);
      assertEquals(found, LINES);
    });
  });

  Deno.test(`${shell} offers names as they are, and evaluates none`, { ignore }, async () => {
    await inFolder(shell, async (folder) => {
      const expected = NAMES.filter((name) => !name.startsWith("-"));
      const found = await offers(shell, "keyring get svc ", folder);
      const plain = (name: string) => name.replaceAll("\\", "");
      assertEquals(found, [...expected, "-dash"].map(plain).sort());
      const files = [...Deno.readDirSync(folder)].map(({ name }) => name);
      assert(!files.includes("x"), files.join(" "));
    });
  });

  Deno.test(`a line that ${shell} completed names exactly that entry`, { ignore }, async () => {
    await inFolder(shell, async (folder) => {
      for (const [name, start] of STARTS) {
        assertEquals(await completedCall(shell, start, folder), ["get", "svc", name]);
      }
      const files = [...Deno.readDirSync(folder)].map(({ name }) => name);
      assert(!files.includes("x"), files.join(" "));
    });
  });
}
