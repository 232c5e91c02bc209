/** Folds case as Windows does where it compares names: one code unit to one, to upper case. */
export function foldCase(text: string): string {
  if (/^[\0-\x7f]*$/.test(text)) return text.toUpperCase();
  return text.replace(/[^\0-`{-\x7f]/g, foldUnit);
}

// Letters whose upper case is newer (Unicode 16 and 17) than the table of Windows.
const TOO_NEW = "ƛɤᲊꟍꟛ";

function foldUnit(unit: string): string {
  if (TOO_NEW.includes(unit)) return unit;
  const upper = unit.toUpperCase();
  // Windows leaves ı, ſ, µ, ϐ and others as they are: lower case does not lead back to them.
  if (upper.length === 1) return upper.toLowerCase() === unit ? upper : unit;
  // The upper case of ᾀ and of ᾈ is two letters. Windows takes the two for one.
  return unit.toLowerCase();
}

/** Makes a test for names in which each `*` stands for any text, without regard to case. */
export function targetMatcher(filter: string): (target: string) => boolean {
  const pieces = foldCase(filter).split("*");
  return (target) => matches(foldCase(target), pieces);
}

// Not a regular expression: a filter with many stars would make one take forever.
function matches(target: string, [first = "", ...others]: readonly string[]): boolean {
  const last = others.pop();
  if (last === undefined) return target === first;
  if (!target.startsWith(first)) return false;
  let position = first.length;
  for (const piece of others) {
    const found = target.indexOf(piece, position);
    if (found < 0) return false;
    position = found + piece.length;
  }
  return target.length - last.length >= position && target.endsWith(last);
}
