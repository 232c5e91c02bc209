/** Why bytes are not text. The message names the line, and never shows its content. */
export class TextError extends Error {
  override name = "TextError";

  constructor(problem: string) {
    super(`${problem}; text must be UTF-8, or UTF-16 with a byte order mark`);
  }
}

/**
 * Decodes UTF-8, or UTF-16 with a byte order mark, and strips the mark. NULs are refused, except in
 * what matches `quoted`.
 */
export function decodeText(bytes: Uint8Array, quoted?: RegExp): string {
  const encoding = encodingOf(bytes);
  const text = decode(encoding, bytes);
  if (text === undefined) {
    throw new TextError(
      encoding === "utf-8"
        ? `line ${invalidLine(bytes)} is not valid UTF-8`
        : "the text is not valid UTF-16",
    );
  }
  const nul = indexOfNul(text, quoted);
  if (nul >= 0) {
    throw new TextError(`line ${text.slice(0, nul).split("\n").length} contains a NUL character`);
  }
  if (encoding === "utf-8" && isUnmarkedUtf16(bytes)) throw new TextError("this looks like UTF-16");
  return text;
}

// Windows PowerShell and Notepad write UTF-16, each with a mark that UTF-8 cannot begin with.
function encodingOf([first, second]: Uint8Array): string {
  if (first === 0xff && second === 0xfe) return "utf-16le";
  return first === 0xfe && second === 0xff ? "utf-16be" : "utf-8";
}

function decode(encoding: string, bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function indexOfNul(text: string, quoted?: RegExp): number {
  const nul = text.indexOf("\0");
  if (nul < 0 || !quoted) return nul;
  return text.replace(quoted, (part) => part.replaceAll("\0", " ")).indexOf("\0");
}

function invalidLine(bytes: Uint8Array): number {
  // No other character contains the byte of a newline, so each line can be tried separately.
  let line = 1;
  for (let start = 0; start < bytes.length; line++) {
    const newline = bytes.indexOf(0x0a, start);
    const end = newline < 0 ? bytes.length : newline + 1;
    if (decode("utf-8", bytes.subarray(start, end)) === undefined) break;
    start = end;
  }
  return line;
}

// A word in Cyrillic, Greek or Hebrew holds no NUL: each character has the same control character
// in its second byte, or in its first.
function isUnmarkedUtf16(bytes: Uint8Array): boolean {
  if (bytes.length === 0 || bytes.length % 2 === 1) return false;
  return [0, 1].some((half) => {
    const high = bytes[half] ?? 0;
    const isControl = high < 0x20 && ![0x09, 0x0a, 0x0d].includes(high);
    return isControl && bytes.every((byte, index) => index % 2 !== half || byte === high);
  });
}
