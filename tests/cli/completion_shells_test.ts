// @uses zsh, fish

import { assertEquals } from "@std/assert";
import { SHELLS } from "../../src/cli/options.ts";
import { completion } from "../../src/cli/commands/print_completion.ts";

const BACKENDS = ["keyring.backends.null.Keyring", "own.Keyring"];

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
  ["keyring windows --persist e", ["enterprise"]],
  ["keyring get --list-b", []],
  ["keyring get --mode ", ["creds", "password"]],
  ["keyring get --mode=c", ["creds"]],
  ["keyring --mode creds --output j", ["json"]],
  ["keyring --print-completion ", SHELLS.toSorted()],
  ["keyring -b ", BACKENDS],
  ["keyring get --keyring-backend own", ["own.Keyring"]],
  ["keyring -p own_", ["own_keyring.ts"]],
  ["keyring get own_", []],
  ["keyring import own_", ["own_keyring.ts"]],
  ["keyring import --dry-run own_", ["own_keyring.ts"]],
  ["keyring import --on-conflict r", ["replace"]],
  ["keyring export -o own_", ["own_keyring.ts"]],
  ["keyring get svc -- --mo", []],
  ["keyring run --env", ["--env", "--env-file"]],
  ["keyring run --env A=s/u --env", ["--env", "--env-file"]],
  ["keyring run --env-file own_", ["own_keyring.ts"]],
  ["keyring run --env A=s/u -- own_pro", ["own_program"]],
  ["keyring run --env A=s/u -- own_program own_", ["own_keyring.ts"]],
  ["keyring run --env A=s/u -- own_program --env", []],
  ["keyring get svc -- own_pro", []],
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

// Splits the line as readline does, at which "=" is a word of its own.
const BASH = `
source ./completion
line=\${1//=/ = }
read -ra COMP_WORDS <<<"$line"
[[ $line == *" " && $line != *"= " ]] && COMP_WORDS+=("")
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

async function isInstalled(shell: string): Promise<boolean> {
  if (Deno.build.os === "windows") return false;
  const command = new Deno.Command(shell, { args: ["-c", "exit"], stdin: "null", stderr: "null" });
  return await command.output().then(({ success }) => success, () => false);
}

async function inFolder(shell: keyof typeof TRIALS, work: (folder: string) => Promise<void>) {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.mkdir(`${folder}/bin`);
    const listing = BACKENDS.map((name) => `echo '${name} (priority: 5)'`).join("\n");
    const program = `#!/bin/sh\n[ "$*" = --list-backends ] || exit 1\n${listing}\n`;
    await Deno.writeTextFile(`${folder}/bin/keyring`, program, { mode: 0o755 });
    await Deno.writeTextFile(`${folder}/own_keyring.ts`, "");
    await Deno.writeTextFile(`${folder}/setup.zsh`, ZSH_SETUP);
    await Deno.writeTextFile(`${folder}/bin/own_program`, "#!/bin/sh\n", { mode: 0o755 });
    await Deno.writeTextFile(`${folder}/completion`, completion(shell));
    await work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function offers(shell: keyof typeof TRIALS, line: string, folder: string): Promise<string[]> {
  const { stdout, stderr } = await new Deno.Command(shell, {
    args: [...TRIALS[shell], line],
    cwd: folder,
    env: { HOME: folder, PATH: `${folder}/bin:${Deno.env.get("PATH")}`, TERM: "dumb" },
    stdin: "null",
  }).output();
  assertEquals(new TextDecoder().decode(stderr), "", line);
  const text = new TextDecoder().decode(stdout);
  const found = [...text.matchAll(/^offer:(.+?)\r?$/gm)].map(([, offer = ""]) => offer);
  // Some shells offer the whole word, some what stands after the "=".
  const words = found.map((offer) => offer.replace(/^--[^=]+=(.)/, "$1"));
  return [...new Set(words)].sort();
}

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
}
