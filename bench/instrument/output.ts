/**
 * One program from start to end.
 *
 * @module
 */

/**
 * Runs a program and collects what it prints.
 *
 * @param command The program and its arguments.
 * @param input What it reads; without it, nothing.
 * @returns What it printed, and whether it succeeded.
 */
export async function outputOf(
  [program = "", ...args]: readonly string[],
  input?: string,
): Promise<Deno.CommandOutput> {
  const child = new Deno.Command(program, {
    args,
    stdin: input === undefined ? "null" : "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  if (input !== undefined) {
    const writer = child.stdin.getWriter();
    await writer.write(new TextEncoder().encode(input));
    await writer.close();
  }
  return await child.output();
}
