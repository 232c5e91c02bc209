/** Folds case as Windows does: upper case, one code unit to one, as it compares object names. */
export function foldCase(text: string): string {
  return text.replace(/[^\0-`{-\x7f]/g, (unit) => {
    const upper = unit.toUpperCase();
    return upper.length === 1 ? upper : unit;
  });
}

/** Makes a test for names in which each `*` stands for any text, without regard to case. */
export function targetMatcher(filter: string): (target: string) => boolean {
  const pieces = foldCase(filter).split("*");
  return (target) => matches(foldCase(target), pieces);
}

// Not a regular expression: a filter with many stars would make one take for ever.
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
