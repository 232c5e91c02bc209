// How the text of other programs is read, which do not say how it is encoded: each text in UTF-8 and
// in UTF-16LE.

import { assert, assertEquals } from "@std/assert";
import { decodeBlob, encodeLike } from "../../../src/backends/windows/target.ts";
import { encodeUtf16 } from "../../../src/backends/windows/structs.ts";
import { pythonJson } from "../../../src/cli/output.ts";

const TEXTS: Record<string, string[]> = {
  Latin: ["a", "correct horse", "né", "Straße", "žluťoučký kůň", "ąę", "mật khẩu", "tab\tline\r\n"],
  Greek: ["κωδικός", "Ελλάδα 2024", "ἀρχή"],
  Cyrillic: ["пароль", "Пароль123", "ключ", "ї"],
  Armenian: ["գաղտնաբառ", "Հայ"],
  Hebrew: ["סיסמה", "שלום"],
  Arabic: ["كلمةالسر", "كلمة السر", "رمز٣"],
  Devanagari: ["पासवर्ड", "गुप्त शब्द"],
  Gurmukhi: ["ਪਾਸਵਰਡ"],
  Bengali: ["পাসওয়ার্ড"],
  Tamil: ["கடவுச்சொல்"],
  Telugu: ["సంకేతపదం"],
  Malayalam: ["രഹസ്യവാക്ക്"],
  Thai: ["รหัสผ่าน", "ไทย"],
  Georgian: ["პაროლი"],
  Ethiopic: ["የይለፍ", "ማለፊያቃል"],
  Khmer: ["ពាក្យសម្ងាត់"],
  Hiragana: ["ぱすわーど", "あいことば です"],
  Katakana: ["パスワード", "カギ"],
  Han: ["密码", "中国", "一", "密碼abc", "口令"],
  Hangul: ["비밀번호", "가", "암호"],
  Emoji: ["🔑", "🔑🔒", "pw🔑"],
};

/** Blobs that are text in both encodings: as UTF-16LE, as UTF-8, and what they are read as. */
const UNDECIDABLE = [
  ["扡摣", "abcd", "utf-8"],
  ["漢字", '"oW[', "utf-8"],
  ["かな", "K0j0", "utf-8"],
  ["ひみつのことば", "r0\u007f0d0n0S0h0p0", "utf-8"],
  ["뿐냐", "па", "utf-8"],
  ["꧃", "é", "utf-8"],
  ["ਗੁਰੂ", "\u0017\nA\n0\nB\n", "utf-16le"],
  ["ਲਸ", "2\n8\n", "utf-16le"],
  ["निजी", "(\t?\t\u001c\t@\t", "utf-16le"],
  ["രമ", "0\r.\r", "utf-16le"],
  ["š", "a\u0001", "utf-16le"],
] as const;

Deno.test("the text of other programs is read in both encodings", () => {
  const texts = Object.values(TEXTS).flat();
  assert(texts.length >= 24 && Object.keys(TEXTS).length >= 12);
  for (const text of texts) {
    assertEquals(decodeBlob(new TextEncoder().encode(text)), text);
    assertEquals(decodeBlob(encodeUtf16(text)), text);
    assertEquals(decodeBlob(encodeUtf16(`\ufeff${text}`)), text);
  }
});

Deno.test("what is text in both encodings has one answer, and the caller may have the other", () => {
  for (const [wide, narrow, answer] of UNDECIDABLE) {
    const blob = encodeUtf16(wide);
    assertEquals(blob, new TextEncoder().encode(narrow), `${wide} is not ${narrow}`);
    assertEquals(decodeBlob(blob), answer === "utf-8" ? narrow : wide);
    assertEquals(decodeBlob(blob, "utf-16le"), wide);
    assertEquals(decodeBlob(blob, "utf-8"), narrow);
  }
});

Deno.test("a new text is encoded as the one that it replaces", () => {
  for (const text of Object.values(TEXTS).flat()) {
    const [narrow, wide] = [new TextEncoder().encode("né"), encodeUtf16("né")];
    assertEquals(encodeLike(new TextEncoder().encode(text), "né"), narrow);
    assertEquals(encodeLike(encodeUtf16(text), "né"), wide);
    assertEquals(encodeLike(encodeUtf16(`\ufeff${text}`), "né"), encodeUtf16("\ufeffné"));
  }
  for (const [wide, , answer] of UNDECIDABLE) {
    const [narrow, two] = [new TextEncoder().encode("né"), encodeUtf16("né")];
    assertEquals(encodeLike(encodeUtf16(wide), "né"), answer === "utf-8" ? narrow : two);
    assertEquals(encodeLike(encodeUtf16(wide), "né", "utf-8"), narrow);
    assertEquals(encodeLike(encodeUtf16(wide), "né", "utf-16le"), two);
  }
  assertEquals(encodeLike(Uint8Array.of(0xff), "né"), encodeUtf16("né"));
});

Deno.test("the JSON of get survives every code page", () => {
  const text = Object.values(TEXTS).flat().join("\n");
  const json = pythonJson({ password: text });
  assert(/^[\x20-\x7e]*$/.test(json));
  for (const codePage of ["ibm866", "windows-1252", "gbk", "shift_jis", "euc-kr", "big5"]) {
    const seen = new TextDecoder(codePage).decode(new TextEncoder().encode(json));
    assertEquals(JSON.parse(seen).password, text);
  }
});
