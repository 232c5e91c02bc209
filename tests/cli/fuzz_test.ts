// @environment unit, windows
//
// Whatever is given to the command line and to the prompt: an answer or an error,
// never a crash. A failure prints the seed that repeats it.

import { assert, assertEquals, assertInstanceOf } from "@std/assert";
import fc from "fast-check";
import { main } from "../../src/cli/main.ts";
import { MemoryKeyring } from "../../src/backends/memory.ts";
import { loadCommands } from "../../src/cli/commands.ts";
import { LineEditor } from "../../src/cli/line_editor.ts";
import { OPTIONS } from "../../src/cli/options.ts";
import { escapeControls } from "../../src/cli/output.ts";
import { parse } from "../../src/cli/parse.ts";
import { UsageError } from "../../src/cli/usage_error.ts";
import { KeyringError, quote } from "../../src/errors.ts";

const COMMANDS = await loadCommands();

const RUNS = { numRuns: 1_000 };
// deno-lint-ignore no-control-regex -- these are what is looked for
const CONTROLS = /[\0-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]/;

function text(): fc.Arbitrary<string> {
  return fc.string({ unit: "binary", maxLength: 20 });
}

/** One argument: a command, an option, the beginning of one, or anything. */
function argument(): fc.Arbitrary<string> {
  const option = fc.constantFrom(...OPTIONS.map(({ name }) => `--${name}`));
  return fc.oneof(
    fc.constantFrom(...COMMANDS.map(({ name }) => name)),
    option,
    fc.tuple(option, fc.nat(12)).map(([name, length]) => name.slice(0, length)),
    fc.tuple(option, text()).map(([name, value]) => `${name}=${value}`),
    fc.stringMatching(/^-[a-z=-]{0,5}$/),
    fc.constantFrom("--", "-", "--__proto__", "--no-mode", "*", "$(id)", "../..", "creds", "json"),
    text(),
    // --disable writes a real config file, and export --out any file.
  ).filter((arg) => arg !== "--disable" && !/^(--out=?$|-[a-z]*o)/.test(arg));
}

Deno.test("parse() reads any command line or refuses it as wrong usage", () => {
  fc.assert(
    fc.property(fc.array(argument(), { maxLength: 8 }), (args) => {
      try {
        const { located, service, username } = parse(args, COMMANDS);
        assert(
          located === undefined || located.path.split(" ").every((each) => args.includes(each)),
        );
        for (const word of [service, username]) assert(word === undefined || args.includes(word));
      } catch (error) {
        assertInstanceOf(error, UsageError);
        assert(!CONTROLS.test(error.message), error.message);
      }
    }),
    RUNS,
  );
});

Deno.test("parse() takes any two words after -- and any value after =", () => {
  fc.assert(
    fc.property(text(), text(), text(), (service, username, value) => {
      const args = ["get", `--keyring-path=${value}`, "--", service, username];
      const parsed = parse(args, COMMANDS);
      assertEquals([parsed.service, parsed.username], [service, username]);
      assertEquals(parsed.options, { ...parsed.options, "keyring-path": value });
    }),
    RUNS,
  );
});

Deno.test("parse() repeats no password that stands where none belongs", () => {
  const password = text().map((tail) => `made-up${tail}`);
  fc.assert(
    fc.property(text(), text(), fc.array(password, { minLength: 1, maxLength: 3 }), (s, u, p) => {
      try {
        parse(["set", "--", s, u, ...p], COMMANDS);
      } catch (error) {
        assertInstanceOf(error, UsageError);
        return assert(!error.message.includes("made-up"), error.message);
      }
      throw new Error("It was accepted");
    }),
    RUNS,
  );
});

// After an error that lacks a permission stands the line that installs the command with it.
const LINES = /^(usage: .*\n)?(keyring: [^\n]*\n(To install the command with it [^\n]*\n)?)+$/s;

// There, `keyring windows` and `diagnose` reach the Credential Manager of whoever runs the tests.
const ignore = Deno.build.os === "windows";
Deno.test(
  "main() ends any command line with 0, 1 or 2, and every line is ours",
  // Some of them would write a file.
  { ignore, permissions: { write: false, run: false } },
  async () => {
    const run = fc.asyncProperty(fc.array(argument(), { maxLength: 6 }), async (args) => {
      const keyring = new MemoryKeyring();
      let err = "";
      const code = await main(args, {
        stdin: { isTerminal: () => false, read: () => Promise.resolve(null) },
        writeOut: () => Promise.resolve(),
        writeErr: (bytes) => Promise.resolve(void (err += new TextDecoder().decode(bytes))),
        choose: () => Promise.resolve({ keyring, id: "memory", by: "the test" }),
        load: () => Promise.reject(new KeyringError("there is none", { operation: "open" })),
        describeStores: () => Promise.resolve([]),
        runProgram: () => Promise.resolve(0),
      });
      assert([0, 1, 2].includes(code));
      assert(err === "" || LINES.test(err), err);
    });
    await fc.assert(run, { numRuns: 500 });
  },
);

Deno.test("LineEditor takes any bytes, and keeps what is no key of its own", () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array(), { maxLength: 5 }), text(), (chunks, typed) => {
      const editor = new LineEditor();
      for (const chunk of chunks) editor.feed(chunk);
      editor.clear();
      assertEquals(editor.bytes.length, 0);
      const plain = typed.replace(new RegExp(CONTROLS, "g"), "");
      const fresh = new LineEditor();
      assertEquals(fresh.feed(new TextEncoder().encode(plain)).state, "more");
      assertEquals(new TextDecoder("utf-8", { ignoreBOM: true }).decode(fresh.bytes), plain);
    }),
    RUNS,
  );
});

Deno.test("LineEditor keeps all that is pasted, however it arrives", () => {
  const pasted = fc.string({
    unit: fc.constantFrom("\r", "\n", "\x1b", "[", "\x03", "a", "ñ", "🔑"),
  });
  fc.assert(
    fc.property(pasted, fc.integer({ min: 1, max: 9 }), (content, size) => {
      const bytes = new TextEncoder().encode(`\x1b[200~${content}\x1b[201~`);
      const editor = new LineEditor();
      for (let start = 0; start < bytes.length; start += size) {
        assertEquals(editor.feed(bytes.subarray(start, start + size)).state, "more");
      }
      const lines = content.replaceAll(/\r\n?/g, "\n").replace(/\n$/, "");
      assertEquals(new TextDecoder().decode(editor.bytes), lines);
      assert(!editor.inPaste);
    }),
    RUNS,
  );
});

Deno.test("no name forges a line of output", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 200 }), (name) => {
      assert(!CONTROLS.test(quote(name)) && !CONTROLS.test(escapeControls(name)));
      assert(quote(name).length < 600);
    }),
    RUNS,
  );
});
