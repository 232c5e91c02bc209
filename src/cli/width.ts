const INVISIBLE = /^[\p{Mn}\p{Me}\p{Cf}\p{Emoji_Modifier}]$/u;

// Letters that are drawn two columns wide; emoji are told by their Unicode property.
const WIDE: readonly (readonly [number, number])[] = [
  [0x1100, 0x115f], // Hangul Jamo
  [0x2e80, 0x303e], // CJK radicals and punctuation
  [0x3041, 0xa4cf], // Kana, CJK ideographs, Yi
  [0xa960, 0xa97f], // Hangul Jamo, extended
  [0xac00, 0xd7a3], // Hangul
  [0xf900, 0xfaff], // CJK compatibility
  [0xfe30, 0xfe6f], // CJK forms
  [0xff00, 0xff60], // Full-width forms
  [0xffe0, 0xffe6],
  [0x20000, 0x3fffd], // CJK ideographs, extended
];

export function textWidth(text: string): number {
  let width = 0;
  for (const character of text) width += characterWidth(character);
  return width;
}

function characterWidth(character: string): number {
  if (INVISIBLE.test(character)) return 0;
  if (/^\p{Emoji_Presentation}$/u.test(character)) return 2;
  const code = character.codePointAt(0) ?? 0;
  return WIDE.some(([first, last]) => first <= code && code <= last) ? 2 : 1;
}
