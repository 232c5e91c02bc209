// What each shell needs: a script for its startup file, which hands the words over and takes what is
// offered as data; and the quoting of what is offered.

import type { SHELLS } from "../options.ts";

export type Shell = typeof SHELLS[number];

/** The exit codes that ask the shell to offer what only it can list. */
export const EXIT_CODES = { files: 10, programs: 11 } as const;

const BASH = `# keyring completion for bash: eval "$(keyring --print-completion bash)"
_keyring() {
  local IFS=$'\\n' line
  COMPREPLY=()
  while read -r line; do
    case $line in
      "exit 10") COMPREPLY=($(compgen -f -- "\${COMP_WORDS[COMP_CWORD]}")) ;;
      "exit 11") COMPREPLY=($(compgen -c -- "\${COMP_WORDS[COMP_CWORD]}")) ;;
      ":"*) COMPREPLY+=("\${line:1}") ;;
    esac
  done < <(keyring complete bash "\${COMP_LINE:0:COMP_POINT}" 2>/dev/null; echo "exit $?")
}
complete -F _keyring keyring
`;

const ZSH = `#compdef keyring
# keyring completion for zsh: source <(keyring --print-completion zsh)
_keyring() {
  local offers
  offers=$(keyring complete zsh "\${(@Q)words[2,CURRENT-1]}" "\${(Q)PREFIX}" 2>/dev/null)
  case $? in
    10) _files ;;
    11) _command_names -e ;;
    *) [[ -z $offers ]] || compadd -- "\${(@)\${(@f)offers}#:}" ;;
  esac
}
compdef _keyring keyring
`;

const FISH = `# keyring completion for fish: keyring --print-completion fish | source
function __keyring_complete
  set -l words (commandline -opc) (commandline -ct | string unescape)
  set -l offers (keyring complete fish $words[2..] 2>/dev/null)
  switch $status
    case 10
      __fish_complete_path (commandline -ct)
    case 11
      __fish_complete_command
    case '*'
      string replace -r '^:' '' -- $offers
  end
end
complete -c keyring -f -a '(__keyring_complete)'
`;

const POWERSHELL = `# keyring completion for PowerShell:
# keyring --print-completion powershell | Out-String | Invoke-Expression
Register-ArgumentCompleter -Native -CommandName 'keyring' -ScriptBlock {
  param($word, $ast, $position)
  $before = $ast.CommandElements | Select-Object -Skip 1 |
    Where-Object { $_.Extent.EndOffset -lt $position } |
    ForEach-Object { '=' + $(if ($null -ne $_.Value) { $_.Value } else { $_.Extent.Text }) }
  $words = @($before) + ('=' + $word.Trim([char[]]"'\`""))
  keyring complete powershell @words 2>$null | ForEach-Object {
    $text = $_.Substring(1)
    [System.Management.Automation.CompletionResult]::new($text, $text, 'ParameterValue', $text)
  }
}
`;

export const SCRIPTS: Record<Shell, string> = {
  bash: BASH,
  zsh: ZSH,
  fish: FISH,
  powershell: POWERSHELL,
};

/** Finds the words in what a shell hands over, and how it wants what is offered. */
export function readShell(shell: Shell, args: readonly string[]): {
  words: readonly string[];
  format(offer: string): string;
} {
  if (shell === "bash") return readBash(args[0] ?? "");
  if (shell !== "powershell") return { words: args, format: String };
  // Windows PowerShell drops empty arguments, so each has a sign before it.
  return { words: args.map((word) => word.slice(1)), format: quoteForPowerShell };
}

function quoteForPowerShell(offer: string): string {
  return /^[\w./:\\-]+$/.test(offer) ? offer : `'${offer.replace(/['‘’‚‛]/g, "$&$&")}'`;
}

/** Splits a line as bash does, without evaluating anything in it. */
function readBash(line: string) {
  const words: string[] = [];
  let [word, quote, start] = [undefined as string | undefined, "", 0];
  for (let at = 0; at < line.length; at++) {
    const character = line.charAt(at);
    if (quote === "" && /[ \t]/.test(character)) {
      if (word !== undefined) words.push(word);
      [word, start] = [undefined, at + 1];
    } else if (quote === character) quote = "";
    else if (quote === "" && /['"]/.test(character)) [quote, word] = [character, word ?? ""];
    else {
      const isEscape = character === "\\" && quote !== "'" && at + 1 < line.length;
      if (isEscape) at++;
      word = (word ?? "") + line.charAt(at);
    }
  }
  const raw = line.slice(start);
  return {
    words: [...words.slice(1), word ?? ""],
    format: (offer: string) => formatForBash(offer, word ?? "", raw, quote),
  };
}

// Readline replaces what is behind the last "=" or ":" of the word only, and escapes nothing.
function formatForBash(offer: string, word: string, raw: string, quote: string): string {
  if (quote === "'") return offer.replaceAll("'", String.raw`'\''`);
  if (quote === '"') return offer.replace(/["\\$\x60!]/g, String.raw`\$&`);
  const kept = /['"\\]/.test(raw) ? 0 : Math.max(word.lastIndexOf("="), word.lastIndexOf(":")) + 1;
  return offer.slice(kept).replace(/[^\w./:=@%+,-]/gu, String.raw`\$&`);
}
