/**
 * Texts that stores and the programs in front of them are known to damage.
 *
 * @module
 */

/** Each text by what is difficult about it. */
export const DIFFICULT_TEXTS: Record<string, string> = {
  "one byte": "x",
  "ASCII punctuation": "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~",
  "white space inside": "two  words\tand a tab",
  "white space at both ends": " \t edges \t ",
  "newlines": "line one\nline two\r\nline three\n",
  "only a newline": "\n",
  "control characters": "bell\u0007 escape\u001b[31m delete\u007f vertical\u000b",
  "single quotes": "o'brien 'quoted' '",
  "double quotes": 'say "hi" "',
  "backslashes": "p\\w \\n \\\\ C:\\new\\",
  "a leading dash": "-w",
  "an option": "--help",
  "hexadecimal digits": "c3a9",
  "hexadecimal with a prefix": "0x1234ABCD",
  "base64": "aGVsbG8=",
  "shell syntax": "$(id) `id` ${HOME} %PATH% ; rm -rf . && true | cat #",
  "percent signs": "%s %d %20 %%",
  "Hebrew": "זהו טקסט בעברית",
  "Greek": "Ξεσκεπάζω την ψυχοφθόρα βδελυγμία",
  "Cyrillic": "Съешь же ещё этих мягких французских булок",
  "CJK": "日本語の秘密 密码",
  "emoji outside the BMP": "🔑🧑‍🚀🏳️‍🌈",
  "composed and decomposed": "\u00e9 e\u0301",
  "a byte order mark": "\ufeffmark",
  "non-characters": "\ufffd\uffff\u{10ffff}",
};

/** Names that a store must keep apart from each other. */
export const DIFFICULT_NAMES: Record<string, string> = {
  "a URL": "https://user@example.com:8443/simple/?q=1#top",
  "spaces": " two  words ",
  "punctuation": "!\"#$%&'()*+,-./:;<=>?@[]^_`{|}~",
  "a backslash": "DOMAIN\\user",
  "a quote": "o'brien",
  "an option": "--help",
  "a leading dash": "-x",
  "path segments": "../../etc",
  "wildcards": "*?",
  "digits": "007",
  "Unicode": "Ünïcødé-密码-🔑",
  "a decomposed letter": "e\u0301",
  "the attribute of a keyring": "gkr:compat:x",
};
