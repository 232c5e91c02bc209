const LONGEST = 200;

/** Makes another program's message short, one line, and free of control characters. */
export function oneLine(message: string): string {
  // deno-lint-ignore no-control-regex
  const line = message.replace(/[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g, "?");
  return line.length > LONGEST ? `${line.slice(0, LONGEST)}…` : line;
}
