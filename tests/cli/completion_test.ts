import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { main } from "../../src/cli/main.ts";
import { COMMANDS } from "../../src/cli/commands.ts";
import { OPTIONS, SHELLS } from "../../src/cli/options.ts";
import { completion } from "../../src/cli/commands/print_completion.ts";

const NO_PERMISSION = { permissions: "none" } as const;

Deno.test("every shell's completions hold every command, option and choice", () => {
  for (const shell of SHELLS) {
    const text = completion(shell);
    const words = COMMANDS.map(({ name }) => name).concat(
      OPTIONS.flatMap(({ choices = [] }) => choices),
    );
    for (const word of words) assertMatch(text, new RegExp(`\\b${word}\\b`), shell);
    for (const { name, alias } of OPTIONS) {
      const long = shell === "fish" ? ` -l ${name} ` : `--${name}`;
      assertStringIncludes(text, long, shell);
      if (alias) assertStringIncludes(text, shell === "fish" ? ` -s ${alias} ` : `-${alias}`);
    }
  }
});

Deno.test("every shell's completions follow the tables", () => {
  const [get] = COMMANDS;
  if (get === undefined) throw new Error("there are no commands");
  const summary = `It's [a] "frob": 100% \\ $HOME`;
  const commands = [{ ...get, name: "frob", summary, options: ["mode" as const] }];
  const options = OPTIONS.map((option) => ({ ...option, help: summary }));
  for (const shell of SHELLS) {
    const text = completion(shell, { commands, options });
    assertMatch(text, /\bfrob\b/);
    assertEquals(text.includes("diagnose"), false, shell);
  }
});

Deno.test("the completions for PowerShell are well-formed", () => {
  const text = completion("powershell").replace(/^#.*\n/gm, "").replace(/'(?:[^']|'')*'/g, "''");
  const open: string[] = [];
  const pairs: Record<string, string> = { ")": "(", "}": "{", "]": "[" };
  for (const character of text.replaceAll(/^ *#.*$/gm, "")) {
    if ("({[".includes(character)) open.push(character);
    else if (character in pairs) assertEquals(open.pop(), pairs[character]);
  }
  assertEquals(open, []);
  assertEquals(text.match(/['"`]/g)?.length, 2 * (text.match(/''/g)?.length ?? 0));
  assertMatch(text, /^\nRegister-ArgumentCompleter -Native -CommandName '' -ScriptBlock \{\n/);
});

Deno.test(
  "--print-completion prints the script and ends the command line",
  NO_PERMISSION,
  async () => {
    let out = "";
    const writeOut = (bytes: Uint8Array) => {
      out += new TextDecoder().decode(bytes);
      return Promise.resolve();
    };
    for (const shell of SHELLS) {
      out = "";
      assertEquals(await main([`--print-completion=${shell}`, "--frob"], { writeOut }), 0);
      assertEquals(out, completion(shell));
    }
  },
);

Deno.test("--print-completion refuses a shell that it does not know", async () => {
  let err = "";
  const writeErr = (bytes: Uint8Array) => {
    err += new TextDecoder().decode(bytes);
    return Promise.resolve();
  };
  assertEquals(await main(["--print-completion", "tcsh"], { writeErr }), 2);
  assertStringIncludes(err, "argument --print-completion: invalid choice: 'tcsh' (choose from ");
});
