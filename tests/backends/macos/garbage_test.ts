// What security could print and never does: a value or nothing, never a crash, and never a secret
// that was not printed. A failure prints the seed that repeats it.

import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { failureOfStatus, statusOfExitCode } from "../../../src/backends/macos/errors.ts";
import {
  modifiedOf,
  parseDump,
  parsePassword,
  parseValue,
  reportedStatus,
} from "../../../src/backends/macos/output.ts";
import { encodeHex } from "../../../src/backends/macos/security.ts";

const RUNS = { numRuns: 1_000 };
const PIECES = [
  "password: ",
  '"',
  "0x",
  "41",
  "4",
  " ",
  "\n",
  "keychain: ",
  'class: "genp"\n',
  '    "svce"<blob>=',
  '    "acct"<blob>=',
  "<NULL>",
  "find-generic-password: returned ",
  "-25300",
];

/** Bytes out of what the parsers look for, and of anything else. */
function rubbish(): fc.Arbitrary<Uint8Array> {
  const known = fc.constantFrom(...PIECES).map((text) => new TextEncoder().encode(text));
  return fc.array(fc.oneof(known, fc.uint8Array({ maxLength: 6 })), { maxLength: 14 })
    .map((pieces) => Uint8Array.from(pieces.flatMap((piece) => [...piece])));
}

function latin1(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}

function wasPrinted(value: Uint8Array, output: Uint8Array): boolean {
  const digits = value.toHex().toUpperCase();
  return latin1(output).includes(latin1(value)) || latin1(output).includes(`0x${digits} `);
}

Deno.test("the secret in any output is one that was printed", () => {
  fc.assert(
    fc.property(rubbish(), (output) => {
      const secret = parsePassword(output);
      assert(secret === undefined || wasPrinted(secret, output));
    }),
    RUNS,
  );
});

Deno.test("the names in any dump are such as were printed", () => {
  fc.assert(
    fc.property(rubbish(), (output) => {
      for (const attributes of parseDump(output)) {
        for (const value of attributes.values()) assert(wasPrinted(value, output));
      }
    }),
    RUNS,
  );
});

Deno.test("a value that was read is overwritten where it was printed", () => {
  fc.assert(
    fc.property(rubbish(), (printed) => {
      parseValue(printed);
      assertEquals(printed, new Uint8Array(printed.length));
    }),
    RUNS,
  );
});

Deno.test("a status is reported by a separate line or not at all", () => {
  fc.assert(
    fc.property(rubbish(), fc.nat(255), (stderr, code) => {
      const reported = reportedStatus("find-generic-password", stderr);
      const lines = latin1(stderr).split("\n");
      const said = lines.filter((line) => /^find-generic-password: returned -?\d+$/.test(line));
      assertEquals(reported, said[0] === undefined ? undefined : Number(said[0].split(" ").at(-1)));
      const status = statusOfExitCode(code);
      const { codeName } = failureOfStatus(status).details;
      assert(status === code || (codeName !== undefined && (status & 0xff) === code));
    }),
    RUNS,
  );
});

Deno.test("any bytes are a time or none", () => {
  const digits = fc.stringMatching(/^\d{14}Z$/).map((text) => new TextEncoder().encode(text));
  fc.assert(
    fc.property(fc.oneof(digits, rubbish()), (bytes) => {
      const time = modifiedOf(new Map([["mdat", bytes]]));
      assert(time === undefined || time.toISOString() !== "");
    }),
    RUNS,
  );
});

Deno.test("every secret is written as its digits, and comes back from them", () => {
  fc.assert(
    fc.property(fc.uint8Array(), (secret) => {
      const digits = encodeHex(secret);
      assertEquals(latin1(digits), secret.toHex());
      const printed = new TextEncoder().encode(`0x${latin1(digits).toUpperCase()} `);
      const expected = secret.length === 0 ? undefined : Uint8Array.from(secret);
      assertEquals(parseValue(printed), expected);
    }),
    RUNS,
  );
});
