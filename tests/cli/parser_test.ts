import { assert, assertEquals, assertThrows } from "@std/assert";
import type { Command } from "../../src/cli/command.ts";
import { loadCommands } from "../../src/cli/commands.ts";
import { OPTIONS } from "../../src/cli/options.ts";
import { parse, type Parsed } from "../../src/cli/parse.ts";
import { UsageError } from "../../src/cli/usage_error.ts";

const COMMANDS = await loadCommands();

function read(...args: string[]): Parsed {
  return parse(args, COMMANDS);
}

function words({ located, service, username }: Parsed): (string | undefined)[] {
  return [located?.path, service, username];
}

function refuse(args: string[], message: string): void {
  const error = assertThrows(() => read(...args), UsageError);
  assertEquals(error.message, message);
}

Deno.test("parse() keeps words as they were written", () => {
  for (
    const word of ["007", "1e3", "0x10", "true", "", " ", "-", "-5", "-1.5", "a b", "__proto__"]
  ) {
    assertEquals(words(read("get", word, word)), ["get", word, word]);
  }
  assertEquals(words(read("get", "-x y", "--zed a")), ["get", "-x y", "--zed a"]);
});

Deno.test("parse() leaves out what was not given", () => {
  assertEquals(words(read()), [undefined, undefined, undefined]);
  assertEquals(words(read("get", "a")), ["get", "a", undefined]);
});

Deno.test("parse() takes options before, between and after the words", () => {
  const orders = [
    ["--mode", "creds", "get", "svc", "usr"],
    ["get", "--mode", "creds", "svc", "usr"],
    ["get", "svc", "--mode=creds", "usr"],
    ["get", "svc", "usr", "--mode", "creds"],
  ];
  for (const args of orders) {
    const parsed = read(...args);
    assertEquals(words(parsed), ["get", "svc", "usr"]);
    assertEquals(parsed.options.mode, "creds");
  }
});

Deno.test("parse() ends the options at --", () => {
  assertEquals(words(read("get", "--", "--mode", "-b")), ["get", "--mode", "-b"]);
  assertEquals(words(read("--", "get", "--", "x")), ["get", "--", "x"]);
});

Deno.test("parse() reads every way to write a value", () => {
  for (const args of [["-b", "007"], ["-b007"], ["-b=007"], ["--keyring-backend", "007"]]) {
    assertEquals(read(...args).options["keyring-backend"], "007");
  }
  assertEquals(read("--keyring-backend=a=b").options["keyring-backend"], "a=b");
  assertEquals(read("--keyring-backend=").options["keyring-backend"], "");
  assertEquals(read("-b", "-5").options["keyring-backend"], "-5");
  assertEquals(read("--mode=creds", "--mode=password").options.mode, "password");
});

Deno.test("parse() reads letters that stand together", () => {
  const { options } = read("get", "-nbnull");
  assertEquals([options["no-newline"], options["keyring-backend"]], [true, "null"]);
});

Deno.test("parse() keeps every value of an option that may be repeated", () => {
  const { options } = read(
    "run",
    "--env",
    "A=s/u",
    "--env=B=s/u=v",
    "--env-file",
    "f",
    "--env=",
  );
  assertEquals([options.env, options["env-file"]], [["A=s/u", "B=s/u=v", ""], ["f"]]);
  assertEquals(read("run").options.env ?? [], []);
  refuse(["get", "--env", "A=s/u"], "get does not take --env");
});

Deno.test("parse() leaves what follows -- as it is, where the command takes it so", () => {
  const rest = ["ls", "-l", "--mode", "--", "--help", "", "-h", "--env=A=s/u"];
  for (const before of [["run"], ["--", "run"], ["run", "--env", "A=s/u"], ["-bnull", "run"]]) {
    const parsed = read(...before, "--", ...rest);
    assertEquals([words(parsed), parsed.rest], [["run", undefined, undefined], rest]);
    assertEquals([parsed.options.help, parsed.options.mode], [false, undefined]);
  }
  assertEquals(read("run", "--help", "--", "x").rest, []);
  assertEquals(read("run", "--").rest, []);
  assertEquals(read("run", "a", "--", "b").service, "a");
  assertEquals(read("get", "--", "run", "--").rest, []);
});

Deno.test("parse() takes every option by its whole name only", () => {
  for (const { name, value, choices, repeat } of OPTIONS) {
    const text = choices?.[0] ?? "x";
    const attached = value === undefined ? "" : `=${text}`;
    const expected = value === undefined ? true : repeat ? [text] : text;
    assertEquals(read(`--${name}${attached}`).options[name], expected);
    for (let length = 1; length < name.length; length++) {
      const start = name.slice(0, length);
      if (OPTIONS.some((option) => option.name === start)) continue;
      const begun = OPTIONS.filter((option) => option.name.startsWith(start));
      const names = begun.map((option) => `'--${option.name}'`).join(" or ");
      refuse(
        [`--${start}${attached}`],
        `unrecognized arguments: --${start}, did you mean ${names}?`,
      );
    }
  }
});

/** Every command and sub-command, with the words that lead to it. */
const EVERY = COMMANDS.flatMap((command): [string[], Command][] => {
  const { name, commands } = command;
  return commands?.map((below) => [[name, below.name], below]) ?? [[[name], command]];
});

Deno.test("parse() takes the options of a command before and after it, and no other", () => {
  for (const [path, command] of EVERY) {
    for (const { name, alias, value, choices, action } of OPTIONS) {
      const option = value === undefined ? [`--${name}`] : [`--${name}`, choices?.[0] ?? "x"];
      const orders = [[...path, ...option], [...option, ...path]];
      const ends = ["help", "version", "print-completion"].includes(name);
      for (const args of orders) {
        if (ends || action || command.options.includes(name)) {
          assert(![false, undefined].includes(read(...args).options[name] as undefined));
          continue;
        }
        const error = assertThrows(() => read(...args), UsageError);
        const shown = alias === undefined ? `--${name}` : `-${alias}/--${name}`;
        assertEquals(error.message.split(",")[0], `${path.join(" ")} does not take ${shown}`);
        assertEquals(error.located?.command, command);
      }
    }
  }
});

Deno.test("parse() takes --help where the rest is wrong, and the command help", () => {
  for (const args of [["export", "--output", "json", "--help"], ["help", "export"]]) {
    assertEquals([words(read(...args))[0], read(...args).options.help], ["export", true]);
  }
  assertEquals(words(read("help")), [undefined, undefined, undefined]);
  assertEquals(words(read("help", "windows", "read")), ["windows read", undefined, undefined]);
  assertEquals(read("help").options.help, true);
});

Deno.test("parse() tells what was meant", () => {
  const cases: [string[], string][] = [
    [["export", "--output", "json"], "export does not take --output, did you mean '--out'?"],
    [["get", "--outptu", "a"], "unrecognized arguments: --outptu, did you mean '--output'?"],
    [["get", "--modes=creds", "a"], "unrecognized arguments: --modes, did you mean '--mode'?"],
    [
      ["get", "--outptu", "json", "a", "b"],
      "unrecognized arguments: --outptu b, did you mean '--output'?",
    ],
    [
      ["--outptu", "json", "get", "a"],
      "unrecognized arguments: --outptu, did you mean '--output'?",
    ],
    [["--get", "a"], "unrecognized arguments: --get, did you mean 'get'?"],
    [["--set"], "unrecognized arguments: --set, did you mean 'set'?"],
    [["windows", "raed"], "argument command: invalid choice: 'raed', did you mean 'read'?"],
    [["gte", "a", "b"], "argument operation: invalid choice: 'gte', did you mean 'get'?"],
    [["exp"], "argument operation: invalid choice: 'exp', did you mean 'export'?"],
    [["listing"], "argument operation: invalid choice: 'listing', did you mean 'list'?"],
    [["ls"], "argument operation: invalid choice: 'ls', did you mean 'list'?"],
    [["rm", "a", "b"], "argument operation: invalid choice: 'rm', did you mean 'del'?"],
    [["GET", "a"], "argument operation: invalid choice: 'GET', did you mean 'get'?"],
    [["helpp"], "argument operation: invalid choice: 'helpp', did you mean 'help'?"],
    [["version"], "argument operation: invalid choice: 'version', did you mean '--version'?"],
    [["help", "ste"], "argument operation: invalid choice: 'ste', did you mean 'set'?"],
  ];
  for (const [args, message] of cases) {
    const error = assertThrows(() => read(...args), UsageError);
    assertEquals(error.message.split(" (")[0], message);
  }
});

Deno.test("parse() stops at --help and --version", () => {
  assertEquals(read("get", "--help", "--bogus", "--mode", "xx").options.help, true);
  assertEquals(read("-h", "frob").located, undefined);
  assertEquals(read("--version", "a", "b").options.version, true);
});

Deno.test("parse() refuses what Python refuses, in its words", () => {
  const choices = COMMANDS.map(({ name }) => `'${name}'`).join(", ");
  refuse(["frob"], `argument operation: invalid choice: 'frob' (choose from ${choices})`);
  refuse(["get", "a", "b", "c"], "unrecognized arguments: c");
  refuse(["get", "--frob", "a"], "unrecognized arguments: --frob");
  refuse(["get", "a", "b", "c", "-x", "d"], "unrecognized arguments: c -x d");
  refuse(["--no-mode"], "unrecognized arguments: --no-mode");
  refuse(["--__proto__"], "unrecognized arguments: --__proto__");
  refuse(
    ["--keyring", "x"],
    "unrecognized arguments: --keyring, did you mean '--keyring-path' or '--keyring-backend'?",
  );
  refuse(["--mode"], "argument --mode: expected one argument");
  refuse(["--mode", "--output"], "argument --mode: expected one argument");
  refuse(["-b", "--", "x"], "argument -b/--keyring-backend: expected one argument");
  refuse(
    ["--mode", "xx"],
    "argument --mode: invalid choice: 'xx' (choose from 'password', 'creds')",
  );
  refuse(["--output="], "argument --output: invalid choice: '' (choose from 'plain', 'json')");
  refuse(["--help=1"], "argument -h/--help: ignored explicit argument '1'");
  refuse(
    ["--mode", "xx", "--help"],
    "argument --mode: invalid choice: 'xx' (choose from 'password', 'creds')",
  );
});

Deno.test("parse() shows no password that was given as an argument", () => {
  const hint = "(the password is typed at the prompt or piped in)";
  refuse(["set", "a", "b", "hunter2"], `unrecognized arguments: *** ${hint}`);
  refuse(["set", "a", "b", "-xhunter2"], `unrecognized arguments: *** ${hint}`);
  refuse(["set", "a", "b", "c", "--frob=hunter2"], `unrecognized arguments: *** ${hint}`);
  refuse(["set", "--frob", "a", "b"], "unrecognized arguments: --frob");
  refuse(["set", "--passwd=hunter2", "a", "b"], "unrecognized arguments: --passwd");
  refuse(
    ["set", "a", "b", "--binary=hunter2"],
    "argument --binary: ignored explicit argument ***",
  );
  refuse(["set", "a", "b", "c", "d"], `unrecognized arguments: *** ${hint}`);
  refuse(["--passwd", "hunter2", "set", "a", "b"], "unrecognized arguments: --passwd");
  refuse(
    ["windows", "read", "t", "hunter2"],
    "unrecognized arguments: *** (a secret is typed at the prompt or piped in)",
  );
  refuse(
    ["file", "passwd", "a", "hunter2"],
    "unrecognized arguments: *** (a passphrase is typed at the prompt)",
  );
});

Deno.test("parse() escapes control characters in its errors", () => {
  refuse(["get", "a", "b", "\x1b[2J\n"], "unrecognized arguments: \\u001b[2J\\u000a");
});
