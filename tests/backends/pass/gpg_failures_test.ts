// What gpg 2.2.40 and 2.4.7 said.

import { assertEquals } from "@std/assert";
import { decryptionFailure } from "../../../src/backends/pass/gpg_failures.ts";

const CASES: [name: string, lines: string[], kind: string][] = [
  ["2.2, no pinentry", ["ENC_TO DD80 1 0", "KEY_CONSIDERED D4DD 0", "DECRYPTION_FAILED"], "locked"],
  ["2.2, dismissed", ["ENC_TO DD80 1 0", "PINENTRY_LAUNCHED 3   ", "DECRYPTION_FAILED"], "locked"],
  ["2.2, no secret key", ["ENC_TO DD80 1 0", "BEGIN_DECRYPTION", "DECRYPTION_FAILED"], "other"],
  [
    "2.4, no pinentry",
    ["ENC_TO 6675 18 0", "NO_SECKEY 6675", "ERROR pkdecrypt_failed 67108949", "DECRYPTION_FAILED"],
    "locked",
  ],
  [
    "2.4, no secret key, but that of another",
    ["ENC_TO 8E62 18 0", "KEY_CONSIDERED 0064 0", "ERROR pkdecrypt_failed 33554449"],
    "other",
  ],
  ["2.4, cut off", ["ENC_TO 8E62 18 0", "DECRYPTION_KEY C287 0064 u", "NODATA 3"], "corrupt"],
  ["2.4, changed", ["ENC_TO 8E62 18 0", "DECRYPTION_KEY C287 0064 u", "BADMDC"], "corrupt"],
  ["2.4, not encrypted", ["NODATA 1", "NODATA 2", "FAILURE decrypt 4294967295"], "corrupt"],
];

Deno.test("gpg's status lines tell a locked key from a missing one and a damaged file", () => {
  for (const [name, texts, kind] of CASES) {
    const lines = texts.map((line) => line.trimEnd().split(" "));
    const stderr = texts.map((line) => `[GNUPG:] ${line}\n`).join("");
    const status = { code: 2, stdout: new Uint8Array(), stderr, lines };
    assertEquals(decryptionFailure(status, "my_app/alice").kind, kind, name);
  }
});
