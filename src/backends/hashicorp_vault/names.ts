// A name as one segment of a path, and back. Percent-encoding would not do: every parser of URLs, and
// the server, takes `..`, `%2e%2e` and `%2F` for what they stand for.

const ENCODER = new TextEncoder();
const DECODER = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Keeps `A-Z a-z 0-9 . _ @ -`; what else there is, and a leading dot, becomes `~XX` per byte. */
export function escapeName(name: string): string {
  return name === "" ? "~" : name.replace(/^\.|[^A-Za-z0-9._@-]/gu, escapeCharacter);
}

function escapeCharacter(character: string): string {
  return ENCODER.encode(character).toHex().toUpperCase().replace(/../g, "~$&");
}

/** The name that a segment encodes; `undefined` if it encodes none. */
export function unescapeName(segment: string): string | undefined {
  if (segment === "~") return "";
  const hex = segment.replace(
    /~([0-9A-F]{2})|[^~]/g,
    (character, byte) => byte ?? ENCODER.encode(character).toHex(),
  );
  try {
    const name = DECODER.decode(Uint8Array.fromHex(hex));
    return name !== "" && escapeName(name) === segment ? name : undefined;
  } catch {
    return undefined;
  }
}
