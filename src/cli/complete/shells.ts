// What each shell needs: a script for its startup file, which passes the words on and treats the
// offers as data; and how to quote the offers.

import type { SHELLS } from "../options.ts";

export type Shell = typeof SHELLS[number];

/** The exit codes that ask the shell to offer what only it can list. */
export const EXIT_CODES = { files: 10, programs: 11 } as const;

const BASH = `# keyring completion for bash: eval "$(keyring --print-completion bash)"
_keyring() {
  local line program
  COMPREPLY=()
  while IFS= read -r line; do
    case $line in
      "exit 10") compopt -o default 2>/dev/null ;;
      "exit 11") while IFS= read -r program; do COMPREPLY+=("$program"); done \\
        < <(compgen -c -- "\${COMP_WORDS[COMP_CWORD]}") ;;
      ":"*) COMPREPLY+=("\${line:1}") ;;
    esac
  done < <(keyring complete bash "\${COMP_LINE:0:COMP_POINT}" "$COMP_WORDBREAKS" 2>/dev/null </dev/null; echo "exit $?")
}
complete -F _keyring keyring
`;

const ZSH = `#compdef keyring
# keyring completion for zsh: source <(keyring --print-completion zsh)
_keyring() {
  local offers
  offers=$(keyring complete zsh "\${(@Q)words[2,CURRENT-1]}" "\${(Q)PREFIX}" 2>/dev/null </dev/null)
  case $? in
    10) [[ $PREFIX == --*=* ]] && compset -P 1 '*='; _files ;;
    11) _command_names -e ;;
    *) [[ -z $offers ]] || compadd -- "\${(@)\${(@f)offers}#:}" ;;
  esac
}
if [[ $zsh_eval_context[-1] == loadautofunc ]]; then _keyring "$@"; else compdef _keyring keyring; fi
`;

const FISH = `# keyring completion for fish: keyring --print-completion fish | source
function __keyring_complete
  set -l words (commandline -opc) (commandline -ct | string unescape)
  set -l offers (keyring complete fish $words[2..] 2>/dev/null </dev/null)
  switch $status
    case 10
      set -l flag (string match -r -- '^--[^=]+=' (commandline -ct))
      printf "$flag%s\\n" (__fish_complete_path (string replace -- "$flag" '' (commandline -ct)))
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

/** Finds the words in what a shell passes, and the format in which it expects offers. */
export function readShell(shell: Shell, args: readonly string[]): {
  words: readonly string[];
  /** Quotes an offer so that the shell takes it literally; `undefined` if that is impossible. */
  format(offer: string): string | undefined;
} {
  switch (shell) {
    case "bash":
      return readBash(args[0] ?? "", args[1] ?? "");
    case "zsh":
      return { words: args, format: String };
    case "fish":
      // It quotes what it inserts, except a "~" at the start.
      return { words: args, format: (offer) => offer.startsWith("~") ? undefined : offer };
    case "powershell":
      // Windows PowerShell drops empty arguments, so each is prefixed with a character.
      return { words: args.map((word) => word.slice(1)), format: quoteForPowerShell };
  }
}

function quoteForPowerShell(offer: string): string {
  return /^[\w./:\\-]+$/.test(offer) ? offer : `'${offer.replace(/['‘’‚‛]/g, "$&$&")}'`;
}

// A blank, a character behind a backslash, text in quotes that may still be open, a character.
const PIECE = /\s+|\\(.)|(['"])((?:(?!\2)(?:\\.|.))*)(\2?)|(.)/gs;

/** Splits a line as bash does, without evaluating anything in it. */
function readBash(line: string, cuts: string) {
  const words: string[] = [];
  let word = "";
  // Readline replaces what follows the last cut, or a quotation mark that is still open.
  let [quote, kept, isMixed] = ["", 0, false];
  for (
    const [piece, escaped, mark, text = "", end, character] of line.trimStart().matchAll(PIECE)
  ) {
    if (/^\s/.test(piece)) {
      words.push(word);
      [word, kept, isMixed] = ["", 0, false];
    } else if (mark) {
      if (end) isMixed = true;
      else [quote, kept] = [mark, word.length];
      word += mark === '"' ? text.replace(/\\(["\\$\x60])/g, "$1") : text;
    } else {
      word += escaped ?? character;
      // It keeps a "@" with what follows, for that may be a host.
      if (character && cuts.includes(character)) kept = word.length - (character === "@" ? 1 : 0);
    }
  }
  const format = (offer: string) => isMixed ? undefined : quoteForBash(offer.slice(kept), quote);
  return { words: [...words.slice(1), word], format };
}

function quoteForBash(text: string, quote: string): string | undefined {
  if (quote === "'") return text.replaceAll("'", String.raw`'\''`);
  if (quote === "") return text.replace(/[^\w./:=@%+,\u0080-\uffff-]/g, String.raw`\$&`);
  // Within double quotes, nothing stops an interactive shell from looking "!" up in its history.
  return text.includes("!") ? undefined : text.replace(/["\\$\x60]/g, String.raw`\$&`);
}
