import type { Parts } from "./command.ts";

/** Asks a person, on standard error, for a yes or a no. */
export async function confirm(
  { stdin, writeErr }: Pick<Parts, "stdin" | "writeErr">,
  question: string,
): Promise<boolean> {
  if (!stdin.isTerminal()) return false;
  await writeErr(new TextEncoder().encode(`${question} [y/N] `));
  const buffer = new Uint8Array(256);
  // A terminal hands out a line at a time.
  const length = await stdin.read(buffer);
  const answer = new TextDecoder().decode(buffer.subarray(0, length ?? 0));
  return /^y(es)?$/i.test(answer.trim());
}
