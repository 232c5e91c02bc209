// Numbers of other fields must come back as they were, such as 12345678901234567890 and 1.10.

interface ExactJSON {
  parse(
    text: string,
    reviver: (key: string, value: unknown, context: { source?: string }) => unknown,
  ): unknown;
  rawJSON(text: string): { rawJSON: string };
  isRawJSON(value: unknown): value is { rawJSON: string };
}

// TypeScript does not know them yet.
const EXACT = JSON as unknown as ExactJSON;

/** Parses JSON so that `JSON.stringify` writes each number as it was. */
export function parseExactly(text: string): unknown {
  return EXACT.parse(
    text,
    (_key, value, { source }) =>
      typeof value === "number" && source !== undefined ? EXACT.rawJSON(source) : value,
  );
}

/** What a person sees of a text, a number or a boolean; `undefined` of anything else. */
export function scalarText(value: unknown): string | undefined {
  if (typeof value === "string") return value;
  if (EXACT.isRawJSON(value)) return value.rawJSON;
  return typeof value === "boolean" || typeof value === "number" ? String(value) : undefined;
}
