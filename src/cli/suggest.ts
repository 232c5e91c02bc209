const MOST_EDITS = 2;

/** Suggests what was probably meant, as `, did you mean 'get'?`; nothing if no candidate is close. */
export function didYouMean(word: string, candidates: readonly string[]): string {
  const near = nearest(word, candidates);
  return near.length === 0 ? "" : `, did you mean ${near.map((each) => `'${each}'`).join(" or ")}?`;
}

function nearest(word: string, candidates: readonly string[]): string[] {
  const stem = word.replace(/^-+/, "");
  if (stem === "") return [];
  const begun = candidates.filter((each) => each.startsWith(word));
  if (begun.length > 0) return begun;
  const edits = candidates.map((each) => editDistance(word, each));
  const fewest = Math.min(...edits);
  if (fewest <= MOST_EDITS && fewest < stem.length) {
    return candidates.filter((_, index) => edits[index] === fewest);
  }
  return candidates.filter((each) => word.startsWith(each));
}

function editDistance(a: string, b: string): number {
  // An argument may be of any length.
  if (Math.abs(a.length - b.length) > MOST_EDITS) return Infinity;
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const above = row;
    row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (above[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(replaced, (above[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1));
    }
  }
  return row[b.length] ?? 0;
}
