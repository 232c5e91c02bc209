import {
  type CommandLine,
  commandOptions,
  fileCommands,
  globalOptions,
  optionFlags,
  restCommands,
  valueOptions,
} from "./completion.ts";
import type { Option } from "./options.ts";

export function bashCompletion({ commands, options }: CommandLine): string {
  const values = valueOptions(options);
  const perCommand = commands.map((command) =>
    `      ${command.name}) _keyring_match ${flagWords(commandOptions(command, options))} ;;\n`
  );
  return `# Completion of keyring in bash: eval "$(keyring --print-completion bash)"

_keyring_match() {
  local word
  for word in "$@"; do
    [[ $word == "$current"* ]] && COMPREPLY+=("$word")
  done
}

_keyring_backends() {
  local name rest
  while read -r name rest; do
    _keyring_match "$name"
  done < <(keyring --list-backends 2>/dev/null </dev/null)
}

_keyring_files() {
  local name
  compopt -o filenames 2>/dev/null
  while IFS= read -r name; do
    COMPREPLY+=("$name")
  done < <(compgen -f -- "$current")
}

_keyring_programs() {
  local name
  while IFS= read -r name; do
    COMPREPLY+=("$name")
  done < <(compgen -c -- "$current")
}

_keyring() {
  local current=\${COMP_WORDS[COMP_CWORD]} command= option= ended= word i
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
    if [[ $option ]]; then
      [[ $word == "=" ]] || option=
      continue
    fi
    case $ended$word in
      ${values.flatMap(optionFlags).join("|")}) option=$word ;;
      --) ended=$i ;;
      -*) ;;
      *) command=\${command:-$word} ;;
    esac
  done
  case $option in
    "") ;;
${values.map(valueCase).join("")}  esac
  case $ended:$command in
${restCommands(commands).map(restCase).join("")}  esac
  if [[ $option ]]; then
    return
  elif [[ $current == -* && ! $ended ]]; then
    case $command in
${perCommand.join("")}      *) _keyring_match ${flagWords(globalOptions(options))} ;;
    esac
  elif [[ ! $command ]]; then
    _keyring_match ${commands.map(({ name }) => name).join(" ")}
  else
    case $command in
      ${fileCommands(commands).join("|")}) _keyring_files ;;
    esac
  fi
}

complete -F _keyring keyring
`;
}

function flagWords(options: readonly Option[]): string {
  return options.flatMap(optionFlags).join(" ");
}

function valueCase(option: Option): string {
  return `    ${optionFlags(option).join("|")}) [[ $current == "=" ]] && current=; ${
    valueAction(option)
  } ;;\n`;
}

// The first word is a program. What it takes is not known here: files are what most do.
function restCase(name: string): string {
  return `    $((COMP_CWORD - 1)):${name}) _keyring_programs; return ;;
    [0-9]*:${name}) _keyring_files; return ;;\n`;
}

function valueAction({ choices, offers }: Option): string {
  if (choices) return `_keyring_match ${choices.join(" ")}`;
  return offers === undefined ? ":" : `_keyring_${offers}`;
}
