import type { Command } from "./command.ts";
import {
  type CommandLine,
  commandOptions,
  fileCommands,
  isGlobal,
  optionFlags,
  restCommands,
  valueOptions,
} from "./completion.ts";
import type { Option } from "./options.ts";

export function fishCompletion({ commands, options }: CommandLine): string {
  return `# Completion of keyring in fish: keyring --print-completion fish | source

function __keyring_backends
    keyring --list-backends 2>/dev/null </dev/null | string replace -r ' .*' ''
end

function __keyring_command
    set -l option
    for word in (commandline -opc)[2..]
        if test -n "$option"
            set option
            continue
        end
        switch $word
            case ${valueOptions(options).flatMap(optionFlags).join(" ")}
                set option $word
            case '-*'
            case '*'
                echo $word
                return
        end
    end
end

# Whether the command, or '' where there is none yet, is one of these.
function __keyring_in
    set -l command (__keyring_command)
    contains -- "$command" $argv
end

${restFunction(restCommands(commands))}complete -c keyring -e
complete -c keyring -f
complete -c keyring -a '(__keyring_rest)'
complete -c keyring -n "__keyring_in ${fileCommands(commands).join(" ")}" -F
${commands.map(commandLine).join("")}${
    options.map((option) => optionLine(option, commands, options)).join("")
  }`;
}

// What follows "--" is completed as if it stood alone.
function restFunction(names: readonly string[]): string {
  return `# What is offered after "--", where that begins the command line of another program.
function __keyring_rest
    set -l words (commandline -opc)
    set -l end (contains -i -- -- $words); or return
    __keyring_in ${names.join(" ")}; or return
    set -l before (string escape -- $words[(math $end + 1)..])
    complete -C "$before "(commandline -ct)
end

`;
}

function commandLine({ name, summary }: Command): string {
  return `complete -c keyring -n "__keyring_in ''" -a ${name} -d ${quote(summary)}\n`;
}

function optionLine(
  option: Option,
  commands: readonly Command[],
  options: readonly Option[],
): string {
  const names = commands.filter((command) => commandOptions(command, options).includes(option))
    .map(({ name }) => name);
  const before = !isGlobal(option) ? [] : ["''"];
  const condition = `"${["__keyring_in", ...before, ...names].join(" ")}"`;
  const short = option.alias === undefined ? "" : ` -s ${option.alias}`;
  const form = `${short} -l ${option.name}${valueForm(option)}`;
  return `complete -c keyring -n ${condition}${form} -d ${quote(option.help)}\n`;
}

function valueForm({ value, choices, offers }: Option): string {
  if (value === undefined) return "";
  if (choices) return ` -x -a ${quote(choices.join(" "))}`;
  if (offers === "backends") return " -x -a '(__keyring_backends)'";
  return offers === "files" ? " -r -F" : " -x";
}

function quote(text: string): string {
  return `'${text.replace(/[\\']/g, "\\$&")}'`;
}
