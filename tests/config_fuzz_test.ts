// Whatever the config file says: settings or an error. A failure prints the seed that repeats it.

import { assert, assertEquals, assertInstanceOf } from "@std/assert";
import fc from "fast-check";
import { parseConfig } from "../src/config.ts";

const RUNS = { numRuns: 1_000 };

function text(): fc.Arbitrary<string> {
  return fc.string({ unit: "binary", maxLength: 20 });
}

Deno.test("parseConfig() reads what was written, in any spelling", () => {
  const line = text().map((value) => value.replace(/[\r\n]/g, " ").trim());
  const blanks = fc.stringMatching(/^[ \t]{0,4}$/);
  fc.assert(
    fc.property(line, blanks, fc.constantFrom("=", ":"), (value, blank, separator) => {
      const written = `${blank}Default-Keyring${blank}${separator}${blank}${value}${blank}\r\n`;
      assertEquals(parseConfig(`[backend]\n${written}`), { defaultKeyring: value });
    }),
    RUNS,
  );
});

Deno.test("parseConfig() reads rubbish or names its line", () => {
  const piece = fc.oneof(fc.constantFrom("[backend]", "\n", "\r", "=", ":", "#", " ", "["), text());
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 20 }), (pieces) => {
      try {
        const { defaultKeyring = "" } = parseConfig(pieces.join(""));
        assert(pieces.join("").includes(defaultKeyring));
      } catch (error) {
        assertInstanceOf(error, Error);
        assert(
          /^line \d+ (is not|appears before|has no key|repeats a)/.test(error.message),
          error.message,
        );
      }
    }),
    RUNS,
  );
});
