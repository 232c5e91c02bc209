import type { Command } from "./command.ts";
import { type CommandLine, commandOptions, isGlobal, optionFlags } from "./completion.ts";
import type { Option } from "./options.ts";

export function powershellCompletion({ commands, options }: CommandLine): string {
  return `# Completion of keyring in PowerShell:
# keyring --print-completion powershell | Out-String | Invoke-Expression

Register-ArgumentCompleter -Native -CommandName 'keyring' -ScriptBlock {
    param($word, $ast, $cursor)
    $commands = @(
${commands.map(commandItem).join("")}    )
    $options = @(
${options.map((option) => optionItem(option, commands, options)).join("")}    )
${LOGIC}}
`;
}

const LOGIC = `    $find = { param($text) $options | Where-Object { $_.Flags -ccontains $text } }
    $command = ''
    $option = $null
    $ended = $false
    foreach ($element in ($ast.CommandElements | Select-Object -Skip 1)) {
        if ($element.Extent.EndOffset -ge $cursor) { break }
        $text = $element.Extent.Text
        if ($option) { $option = $null; continue }
        if ($text -eq '--') { $ended = $true }
        elseif (-not $ended -and $text.StartsWith('-')) {
            $option = & $find $text | Where-Object { $_.Kind -ne 'switch' }
        } elseif ($command -eq '') { $command = $text }
    }
    $attached = ''
    if (-not $option -and -not $ended -and $word -match '^(--[^=]+)=(.*)$') {
        $attached = $Matches[1] + '='
        $word = $Matches[2]
        $option = & $find $attached.TrimEnd('=')
    }
    # Where nothing is offered, PowerShell itself completes the names of files.
    $offers = @(
        if ($option) {
            if ($option.Kind -eq 'choices') {
                $option.Choices | ForEach-Object { @{ Text = $_; Help = $_ } }
            } elseif ($option.Kind -eq 'backends') {
                keyring --list-backends 2>$null | ForEach-Object {
                    @{ Text = ($_ -split ' ')[0]; Help = $_ }
                }
            }
        } elseif (-not $ended -and $word.StartsWith('-')) {
            $options | Where-Object { $_.Commands -contains $command } | ForEach-Object {
                foreach ($flag in $_.Flags) { @{ Text = $flag; Help = $_.Help } }
            }
        } elseif ($command -eq '') { $commands }
    )
    $offers | Where-Object { $_.Text.StartsWith($word) } | ForEach-Object {
        $text = $attached + $_.Text
        [System.Management.Automation.CompletionResult]::new(
            $text, $text, 'ParameterValue', $_.Help)
    }
`;

function commandItem({ name, summary }: Command): string {
  return `        @{ Text = ${quote(name)}; Help = ${quote(summary)} }\n`;
}

function optionItem(
  option: Option,
  commands: readonly Command[],
  options: readonly Option[],
): string {
  const names = commands.filter((command) => commandOptions(command, options).includes(option))
    .map(({ name }) => name);
  const before = !isGlobal(option) ? [] : [""];
  const { choices = [], value, offers = "none" } = option;
  const kind = value === undefined ? "switch" : choices.length > 0 ? "choices" : offers;
  return [
    `        @{ Flags = ${list(optionFlags(option))}; Kind = ${quote(kind)}`,
    `           Choices = ${list(choices)}; Commands = ${list([...before, ...names])}`,
    `           Help = ${quote(option.help)} }\n`,
  ].join("\n");
}

function list(texts: readonly string[]): string {
  return `@(${texts.map(quote).join(", ")})`;
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
