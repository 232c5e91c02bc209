import type { Command } from "./command.ts";
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

export function zshCompletion({ commands, options }: CommandLine): string {
  const perCommand = commands.map((command) =>
    `    (${command.name}) options=(\n${specs(commandOptions(command, options))}    ) ;;\n`
  );
  return `#compdef keyring
# Completion of keyring in zsh: eval "$(keyring --print-completion zsh)", after compinit

_keyring_backends() {
  local -a names
  names=(\${\${(f)"$(keyring --list-backends 2>/dev/null </dev/null)"}%% *})
  compadd "$@" -a names
}

_keyring_commands() {
  local -a commands
  commands=(
${commands.map(commandItem).join("")}  )
  _describe -t commands command commands "$@"
}

_keyring() {
  local command option word
  local -a options
  for word in "\${(@)words[2,CURRENT-1]}"; do
    if [[ -n $option ]]; then
      option=
      continue
    fi
    case $word in
      (${valueOptions(options).flatMap(optionFlags).join("|")}) option=$word ;;
      (-*) ;;
      (*) command=$word; break ;;
    esac
  done
${restBranch(restCommands(commands))}  case $command in
${perCommand.join("")}    (*) options=(\n${specs(globalOptions(options))}    ) ;;
  esac
  case $command in
    (${
    fileCommands(commands).join("|")
  }) _arguments -s -S : $options '1: :_keyring_commands' '2:file:_files' ;;
    (*) _arguments -s -S : $options '1: :_keyring_commands' '2:service: ' '3:username: ' ;;
  esac
}

if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
  _keyring "$@"
else
  compdef _keyring keyring
fi
`;
}

function commandItem({ name, summary }: Command): string {
  return `    ${quote(`${name}:${summary}`)}\n`;
}

// What follows "--" is completed as if it stood alone.
function restBranch(names: readonly string[]): string {
  if (names.length === 0) return "";
  return `  local -i end=\${words[(i)--]}
  if [[ $command == (${names.join("|")}) ]] && (( end < CURRENT )); then
    shift $end words
    (( CURRENT -= end ))
    _normal
    return
  fi
`;
}

function specs(options: readonly Option[]): string {
  return options.flatMap((option) => {
    const flags = optionFlags(option);
    return flags.map((flag) => `      ${quote(spec(option, flag, flags.join(" ")))}\n`);
  }).join("");
}

function spec(option: Option, flag: string, group: string): string {
  const help = option.help.replace(/[\\[\]:]/g, "\\$&");
  const again = option.repeat ? "*" : `(${group})`;
  if (option.value === undefined) return `${again}${flag}[${help}]`;
  // "=" and "+": the value may be attached or be the next word.
  const attached = flag.startsWith("--") ? "=" : "+";
  return `${again}${flag}${attached}[${help}]:${option.value}:${valueAction(option)}`;
}

function valueAction({ choices, offers }: Option): string {
  if (choices) return `(${choices.join(" ")})`;
  if (offers === "backends") return "_keyring_backends";
  return offers === "files" ? "_files" : " ";
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
