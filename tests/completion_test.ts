import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { COMMANDS } from "../src/cli/commands.ts";
import { completion } from "../src/cli/print_completion.ts";
import { OPTIONS, SHELLS } from "../src/cli/options.ts";
import { main } from "../cli.ts";

const BACKENDS = ["keyring.backends.null.Keyring", "own.Keyring"];
const COMMAND_NAMES = COMMANDS.map(({ name }) => name);

// What each command line is completed to, in every shell.
const LINES: [string, string[]][] = [
  ["keyring g", ["get"]],
  ["keyring -b null d", ["del", "diagnose"]],
  ["keyring get --mo", ["--mode"]],
  ["keyring set --mo", []],
  ["keyring set svc usr --keyring-", ["--keyring-backend", "--keyring-path"]],
  ["keyring --list-b", ["--list-backends"]],
  ["keyring get --list-b", []],
  ["keyring get --mode ", ["creds", "password"]],
  ["keyring get --mode=c", ["creds"]],
  ["keyring --mode creds --output j", ["json"]],
  ["keyring --print-completion ", SHELLS.toSorted()],
  ["keyring -b ", BACKENDS],
  ["keyring get --keyring-backend own", ["own.Keyring"]],
  ["keyring -p own_", ["own_keyring.ts"]],
  ["keyring get own_", []],
  ["keyring get svc -- --mo", []],
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

// In place of being shown, what is offered is printed. The colon hides the terminal's echo.
const ZSH_SETUP = `
PS1= PS2=
autoload -Uz compinit
compinit -D -u
source ./completion
compadd() {
  local offer; local -a offers
  builtin compadd -O offers "$@"
  for offer in $offers; do print -r -- "offer:$offer"; done
  return 1
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
  // The rig installs what is missing, as root on Debian.
  const ignore = !(await isInstalled(shell));
  Deno.test(`${shell} completes ${ignore ? "(not installed here)" : "the command"}`, {
    ignore,
  }, async () => {
    await inFolder(shell, async (folder) => {
      const outcomes = await Promise.all(LINES.map(([line]) => offers(shell, line, folder)));
      const found = LINES.map(([line], index) => [line, outcomes[index]]);
      assertEquals(found, LINES);
    });
  });
}

Deno.test("every shell's completions hold every command, option and choice", () => {
  for (const shell of SHELLS) {
    const text = completion(shell);
    const words = COMMAND_NAMES.concat(OPTIONS.flatMap(({ choices = [] }) => choices));
    for (const word of words) assertMatch(text, new RegExp(`\\b${word}\\b`), shell);
    for (const { name, short } of OPTIONS) {
      const long = shell === "fish" ? ` -l ${name} ` : `--${name}`;
      assertStringIncludes(text, long, shell);
      if (short) assertStringIncludes(text, shell === "fish" ? ` -s ${short} ` : `-${short}`);
    }
  }
});

Deno.test("every shell's completions follow the tables", () => {
  const [get] = COMMANDS;
  if (get === undefined) throw new Error("there are no commands");
  const summary = `It's [a] "frob": 100% \\ $HOME`;
  const commands = [{ ...get, name: "frob", summary, options: ["mode" as const] }];
  const options = OPTIONS.map((option) => ({ ...option, help: summary }));
  for (const shell of SHELLS) {
    const text = completion(shell, { commands, options });
    assertMatch(text, /\bfrob\b/);
    assertEquals(text.includes("diagnose"), false, shell);
  }
});

Deno.test("the completions for PowerShell are well-formed", () => {
  const text = completion("powershell").replace(/^#.*\n/gm, "").replace(/'(?:[^']|'')*'/g, "''");
  const open: string[] = [];
  const pairs: Record<string, string> = { ")": "(", "}": "{", "]": "[" };
  for (const character of text.replaceAll(/^ *#.*$/gm, "")) {
    if ("({[".includes(character)) open.push(character);
    else if (character in pairs) assertEquals(open.pop(), pairs[character]);
  }
  assertEquals(open, []);
  assertEquals(text.match(/['"`]/g)?.length, 2 * (text.match(/''/g)?.length ?? 0));
  assertMatch(text, /^\nRegister-ArgumentCompleter -Native -CommandName '' -ScriptBlock \{\n/);
});

Deno.test("--print-completion prints the script and ends the command line", async () => {
  let out = "";
  const writeOut = (bytes: Uint8Array) => {
    out += new TextDecoder().decode(bytes);
    return Promise.resolve();
  };
  for (const shell of SHELLS) {
    out = "";
    assertEquals(await main([`--print-completion=${shell}`, "--frob"], { writeOut }), 0);
    assertEquals(out, completion(shell));
  }
});

Deno.test("--print-completion refuses a shell that it does not know", async () => {
  let err = "";
  const writeErr = (bytes: Uint8Array) => {
    err += new TextDecoder().decode(bytes);
    return Promise.resolve();
  };
  assertEquals(await main(["--print-completion", "tcsh"], { writeErr }), 2);
  assertStringIncludes(err, "argument --print-completion: invalid choice: 'tcsh' (choose from ");
});
