/** Returns how many columns of a terminal a text takes. */
export type Measure = (text: string) => number;

// Not a literal in `import()`: Deno would fetch it with the command, for the many whose names are
// ASCII.
export const WIDTH_PACKAGE = "npm:string-width@^9";

// If a firewall drops the download, straight columns are not worth the wait.
const LONGEST_LOAD_MS = 3_000;

const segmenter = new Intl.Segmenter();

/** Splits a text into user-perceived characters. */
export function graphemes(text: string): string[] {
  return Array.from(segmenter.segment(text), ({ segment }) => segment);
}

/** Makes a measure for these texts. It may download a package; without it, the measure is coarse. */
export async function loadMeasure(texts: readonly string[]): Promise<Measure> {
  if (texts.every(isAscii)) return (text) => text.length;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const limit = new Promise<never>((_, reject) => timer = setTimeout(reject, LONGEST_LOAD_MS));
  try {
    return (await Promise.race([import(WIDTH_PACKAGE), limit])).default;
  } catch {
    return coarseWidth;
  } finally {
    clearTimeout(timer);
  }
}

const WIDE = /^[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Hangul}\p{Emoji_Presentation}]/u;

/** Measures without the Unicode tables, for output that is not shown on a terminal. */
export function coarseWidth(text: string): number {
  if (isAscii(text)) return text.length;
  return graphemes(text).reduce((width, each) => width + (WIDE.test(each) ? 2 : 1), 0);
}

function isAscii(text: string): boolean {
  return /^[\x20-\x7e]*$/.test(text);
}
