// The part of @std/cli/unicode-width that this repository uses; npm's deno-std carries no types.

export function unicodeWidth(str: string): number;
