import type { Context } from "../command.ts";
import { COMMANDS } from "../commands.ts";
import type { CommandLine } from "../completion.ts";
import { bashCompletion } from "../completion_bash.ts";
import { fishCompletion } from "../completion_fish.ts";
import { powershellCompletion } from "../completion_powershell.ts";
import { zshCompletion } from "../completion_zsh.ts";
import { OPTIONS, type SHELLS } from "../options.ts";
import { print } from "../output.ts";
import { UsageError } from "../usage_error.ts";

const WRITERS: Record<typeof SHELLS[number], (line: CommandLine) => string> = {
  bash: bashCompletion,
  zsh: zshCompletion,
  fish: fishCompletion,
  powershell: powershellCompletion,
};

export function completion(
  shell: typeof SHELLS[number],
  line: CommandLine = { commands: COMMANDS, options: OPTIONS },
): string {
  return WRITERS[shell](line);
}

export async function printCompletion(shell: string, context: Context): Promise<number> {
  if (!isShell(shell)) throw new UsageError(`argument --print-completion: unknown "${shell}"`);
  await print(context, completion(shell));
  return 0;
}

// The parser has refused every other name.
function isShell(name: string): name is typeof SHELLS[number] {
  return Object.hasOwn(WRITERS, name);
}
