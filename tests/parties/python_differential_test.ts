// @environment secret-service
// @needs python3:keyring (python3-keyring), tool:keyring25
//
// The same command lines through Python's `keyring`, 25.7 and Debian's 23.9, and through ours, on one
// gnome-keyring: standard output and exit code are equal, or the difference stands here with its
// reason.

import { assert, assertEquals, assertNotEquals } from "@std/assert";
import config from "../../deno.json" with { type: "json" };
import { CHOICE_FLAGS, keyring } from "../fixtures/command.ts";
import { type LineServer, pythonCommand } from "../fixtures/parties.ts";

const ignore = Deno.env.get("KEYRING_TEST_SECRET_SERVICE") !== "1";
const FLAGS = ["--allow-run=/usr/bin/secret-tool", ...CHOICE_FLAGS];

/** Why ours differs from both. */
const REASONS = {
  between: "argparse takes options between the words only since Python 3.13.1",
  abbreviated: "ours takes whole names only, so that a new option breaks no script",
  unused: "ours refuses options and words that the command would ignore",
  lineBreak: "ours takes a line break alone for the output of a program that failed",
  mark: "ours strips a byte order mark",
  nul: "ours takes text only, unless --binary is given",
  unset: "ours takes an empty variable for one that is not set",
  ours: "a command or option that only ours has",
};

/** Why 25.7 differs from 23.9. */
const SINCE = {
  later: "an option or command that 23.9 does not have yet",
  pipe: "23.9 loses a pipe without a newline at its end",
};

interface Case {
  args: string;
  stdin?: string;
  env?: Record<string, string>;
  since?: keyof typeof SINCE;
  /** Whether ours prints more after the same lines. */
  begins?: true;
  differs?: keyof typeof REASONS;
  /** What ours does where it differs. */
  ours?: [code: number, out: string];
}

// {S} is a service that holds usr=pw1, é=pẃ and many="a\nb", {O} one that holds only=pw2; each
// command has others. {} is the empty word, and _ a blank.
const CASES: Case[] = [
  { args: "get {S} usr" },
  { args: "get {S} é" },
  { args: "get {S} many" },
  { args: "get {S} nobody" },
  { args: "get {S}x usr" },
  { args: "get {S} USR" },
  { args: "get {S} us" },
  { args: "get -- {S} usr" },
  { args: "get {S} -- usr" },
  { args: "-- get {S} usr" },
  { args: "get -- -x usr" },
  { args: "get -- {S} --help" },
  { args: "get {S} -1" },
  { args: "get 007 1e3" },
  { args: "get {S}" },
  { args: "get" },
  { args: "" },
  { args: "frob" },
  { args: "frob {S} usr" },
  { args: "GET {S} usr" },
  { args: "ge {S} usr" },
  { args: "get {S} usr extra" },
  { args: "get {S} usr extra more" },
  { args: "set {S}" },
  { args: "set" },
  { args: "del {S}" },
  { args: "del" },
  { args: "del {S} nobody" },
  { args: "del {S}x usr" },
  { args: "set {S} new", stdin: "fresh\n" },
  { args: "get {S} new" },
  { args: "set {S} new", stdin: "second line\nkept\n" },
  { args: "get {S} new" },
  { args: "set {S} new", stdin: "two newlines\n\n" },
  { args: "get {S} new" },
  { args: "set {S} new", stdin: "return\r\n" },
  { args: "get {S} new" },
  { args: "set {S} new", stdin: "  blanks  \t\n" },
  { args: "get {S} new" },
  { args: "set {S} new", stdin: "--help\n" },
  { args: "get {S} new" },
  { args: "set {S} 鍵🔑", stdin: "日本語\n" },
  { args: "get {S} 鍵🔑" },
  { args: "del {S} 鍵🔑" },
  { args: "get {S} 鍵🔑" },
  { args: "del {S} new" },
  { args: "del {S} new" },
  { args: "-b keyring.backends.null.Keyring get {S} usr" },
  { args: "get -b keyring.backends.null.Keyring {S} usr", differs: "between", ours: [1, ""] },
  { args: "get {S} usr -b keyring.backends.null.Keyring" },
  { args: "--keyring-backend keyring.backends.null.Keyring get {S} usr" },
  { args: "--keyring-backend=keyring.backends.null.Keyring get {S} usr" },
  {
    args: "--keyring-b=keyring.backends.null.Keyring get {S} usr",
    differs: "abbreviated",
    ours: [2, ""],
  },
  { args: "-bkeyring.backends.null.Keyring get {S} usr" },
  { args: "-b keyring.backends.null.Keyring set {S} thrown", stdin: "away\n" },
  { args: "get {S} thrown" },
  { args: "-b keyring.backends.null.Keyring del {S} usr" },
  { args: "-b keyring.backends.fail.Keyring get {S} usr" },
  { args: "-b keyring.backends.SecretService.Keyring get {S} usr" },
  { args: "-b nothing get {S} usr" },
  { args: "-b no.such.Keyring get {S} usr" },
  { args: "-b" },
  { args: "--keyring x get {S} usr" },
  { args: "--frob get {S} usr" },
  { args: "get --frob {S} usr" },
  { args: "get {S} usr --frob" },
  { args: "get {S} usr -x" },
  { args: "-p /nowhere get {S} usr" },
  { args: "--keyring-path=/nowhere get {S} usr" },
  { args: "-b keyring.backends.macOS.Keyring get {S} usr" },
  { args: "-b keyring.backends.Windows.WinVaultKeyring get {S} usr" },
  { args: "get {S} usr --mode password", since: "later" },
  { args: "get {S} usr --mode creds", since: "later" },
  { args: "get {S} usr --mode=xx" },
  {
    args: "get {S} é --output json",
    since: "later",
  },
  {
    args: "get --mode creds --output=json {S} é",
    differs: "between",
    ours: [0, '{"username": "\\u00e9", "password": "p\\u1e83"}\n'],
  },
  { args: "get {S} usr --no-newline", differs: "ours", ours: [0, "pw1"] },
  { args: "set {S} pipe", stdin: "no newline", since: "pipe" },
  { args: "set {S} pipe", stdin: "" },
  { args: "set {S} pipe", stdin: "\n" },
  { args: "get {S} pipe", since: "pipe" },
  { args: "set {S} empty --empty", differs: "ours", ours: [0, ""] },
  { args: "get {S} empty", differs: "ours", ours: [0, "\n"] },
  { args: "get {O} --mode creds", since: "later" },
  { args: "get {O} --mode=creds", since: "later" },
  { args: "--mode creds get {O}", since: "later" },
  { args: "get {O} --mode creds --output json", since: "later" },
  { args: "--output json --mode creds get {O}", since: "later" },
  { args: "--output=json get {O} only", since: "later" },
  { args: "--mode creds get {O} only", since: "later" },
  { args: "--mode creds get {O} nobody", since: "later" },
  { args: "--mode creds get {O}x", since: "later" },
  { args: "--mode creds get {O}x --output json", since: "later" },
  { args: "get {O}x usr --output json", since: "later" },
  { args: "--mode creds get" },
  { args: "--mode password get {O}" },
  { args: "--mode" },
  { args: "--output" },
  { args: "get {S} usr --output" },
  { args: "get {S} usr --output yaml" },
  { args: "get {S} usr --output JSON" },
  { args: "get {S} usr --mode cred" },
  { args: "get {S} usr --mode=" },
  { args: "--mode creds --mode password get {S} usr", since: "later" },
  { args: "--output json --output plain get {S} usr", since: "later" },
  { args: "--output plain --output json get {S} usr", since: "later" },
  {
    args: "--mode creds set {S} moded",
    stdin: "x\n",
    since: "later",
    differs: "unused",
    ours: [2, ""],
  },
  { args: "set {S} moded", stdin: "x\n" },
  { args: "--output json del {S} moded", since: "later", differs: "unused", ours: [2, ""] },
  { args: "--mo creds get {O}", since: "later", differs: "abbreviated", ours: [2, ""] },
  { args: "--output json get {S} many", since: "later" },
  { args: "set {S} hard", stdin: "\"\\/\b\f\t\u007f\u0080\u2028<&>'🔑\ufeff\n" },
  { args: "get {S} hard" },
  { args: "--output json get {S} hard", since: "later" },
  { args: "set {S} hard", stdin: "\ufeffmark\n" },
  { args: "get {S} hard", differs: "mark", ours: [0, "mark\n"] },
  { args: "set {S} hard", stdin: "\r\n", differs: "lineBreak", ours: [1, ""] },
  { args: "set {S} hard", stdin: "\n\n", differs: "lineBreak", ours: [1, ""] },
  { args: "set {S} hard", stdin: "nul\0nul\n", differs: "nul", ours: [1, ""] },
  { args: "set {S} hard", stdin: `${"0123456789".repeat(1000)}\n` },
  { args: "get {S} hard" },
  { args: "set {S} a@b:c/d?e=%41&f#g", stdin: "url\n" },
  { args: "get {S} a@b:c/d?e=%41&f#g" },
  { args: "get {S} a@b:c/d?e=A&f#g" },
  { args: "del {S} a@b:c/d?e=%41&f#g" },
  { args: "set {S} *'\"\\$~;|", stdin: "shell\n" },
  { args: "get {S} *'\"\\$~;|" },
  { args: "get {S} *" },
  { args: "del {S} *'\"\\$~;|" },
  { args: "set {S} _lead_and_trail_", stdin: "blanks\n" },
  { args: "get {S} _lead_and_trail_" },
  { args: "get {S} lead_and_trail" },
  { args: "del {S} _lead_and_trail_" },
  { args: "set {S} e\u0301", stdin: "decomposed\n" },
  { args: "get {S} e\u0301" },
  { args: "get {S} é" },
  { args: "del {S} e\u0301" },
  { args: "set {S} {}", stdin: "nobody's\n" },
  { args: "get {S} {}" },
  { args: "--mode creds get {S} {}", since: "later" },
  { args: "del {S} {}" },
  { args: "get {S} {}" },
  { args: "get {} usr" },
  { args: "get {} {}" },
  { args: "del {} usr" },
  { args: "set -- {S} -dash", stdin: "dash\n" },
  { args: "get -- {S} -dash" },
  { args: "get {S} -dash" },
  { args: "del -- {S} -dash" },
  { args: "get {S} usr --" },
  { args: "-- get -- {S} usr" },
  { args: "--" },
  { args: "get --" },
  { args: "-b=keyring.backends.null.Keyring get {S} usr" },
  { args: "-b {} get {S} usr" },
  { args: "--keyring-backend" },
  { args: "-p" },
  { args: "-p /nowhere" },
  { args: "-b keyring.backends.null.Keyring" },
  { args: "-b keyring.backends.fail.Keyring set {S} x", stdin: "x\n" },
  { args: "-b keyring.backends.fail.Keyring del {S} usr" },
  {
    args: "-b keyring.backends.null.Keyring -b keyring.backends.SecretService.Keyring get {S} usr",
  },
  {
    args: "-b keyring.backends.SecretService.Keyring -b keyring.backends.null.Keyring get {S} usr",
  },
  { args: "get {S} usr", env: { PYTHON_KEYRING_BACKEND: "keyring.backends.null.Keyring" } },
  { args: "get {S} usr", env: { PYTHON_KEYRING_BACKEND: "keyring.backends.fail.Keyring" } },
  { args: "get {S} usr", env: { PYTHON_KEYRING_BACKEND: "no.such.Keyring" } },
  {
    args: "get {S} usr",
    env: { PYTHON_KEYRING_BACKEND: "" },
    differs: "unset",
    ours: [0, "pw1\n"],
  },
  {
    args: "get {S} usr",
    env: { PYTHON_KEYRING_BACKEND: "keyring.backends.SecretService.Keyring" },
  },
  {
    args: "-b keyring.backends.SecretService.Keyring get {S} usr",
    env: { PYTHON_KEYRING_BACKEND: "keyring.backends.null.Keyring" },
  },
  { args: "diagnose", since: "later", begins: true },
  { args: "diagnose {S} usr", since: "later", differs: "unused", ours: [2, ""] },
  { args: "diagnose {S} usr extra" },
  { args: "-b nothing diagnose", since: "later", differs: "unused", ours: [2, ""] },
  { args: "--version", differs: "ours", ours: [0, `keyring ${config.version}\n`] },
  { args: "--print-completion frob" },
  { args: "--print-completion" },
  { args: "--list-backends=x" },
  { args: "--disable=x" },
  { args: "--disable" },
  { args: "--disable" },
  { args: "--disable get {S} usr" },
  { args: "get {S} usr" },
  { args: "--mode creds get {S}", since: "later" },
  { args: "set {S} thrown", stdin: "away\n" },
  { args: "-b keyring.backends.SecretService.Keyring get {S} thrown" },
  { args: "-b keyring.backends.SecretService.Keyring get {S} usr" },
  { args: "diagnose", since: "later", begins: true },
];

interface Outcome {
  code: number;
  out: string;
}

type Run = (args: string[], stdin: string, env: Record<string, string>) => Promise<Outcome>;

function words(args: string, service: string): string[] {
  if (args === "") return [];
  const blanks = (word: string) => word.startsWith("_") ? word.replaceAll("_", " ") : word;
  return args.split(" ").map((word) =>
    blanks(word.replace("{S}", service).replace("{O}", `${service}-one`).replace("{}", ""))
  );
}

const ENTRIES = [
  ["{S} usr", "pw1"],
  ["{S} é", "pẃ"],
  ["{S} many", "a\nb"],
  ["{O} only", "pw2"],
] as const;
const LEFT = ["new", "pipe", "thrown", "hard", "empty", "moded"].map((user) =>
  [`{S} ${user}`] as const
);

const ours: Run = async (args, stdin, env) => {
  const folder = `${env.XDG_CONFIG_HOME}`;
  const own = [`--allow-read=${folder}`, `--allow-write=${folder}`, "--allow-env=XDG_DATA_HOME"];
  const { code, out, err } = await keyring([...FLAGS, ...own], args, stdin, env);
  assert(!err.includes("    at "), err);
  return { code, out: out.replaceAll(folder, "CONFIG") };
};

function theirs(server: LineServer): Run {
  return async (args, stdin, env) => {
    const { code, out } = await server.ask({ args, stdin, env });
    return { code, out: out.replaceAll(env.XDG_CONFIG_HOME, "CONFIG") };
  };
}

Deno.test(
  "the command does what Python's keyring does",
  { ignore, timeout: 240_000 },
  async (t) => {
    assert(CASES.length >= 120);
    const folder = await Deno.makeTempDir({ prefix: "os-keyring-differential-" });
    await using newer = pythonCommand("25");
    await using older = pythonCommand("debian");
    const commands = [ours, theirs(newer), theirs(older)];
    /** Through all three, side by side. */
    const run = (args: string, stdin = "", env = {}) =>
      Promise.all(commands.map(async (command, index) => {
        const own = `${folder}/${index}`;
        const variables = { ...env, XDG_CONFIG_HOME: own, XDG_DATA_HOME: `${own}/data` };
        return await command(words(args, `${folder}-${index}`), stdin, variables);
      }));
    try {
      for (const [entry, password] of ENTRIES) await run(`set ${entry}`, `${password}\n`);
      for (const [index, { args, stdin, env, since, begins, ...difference }] of CASES.entries()) {
        await t.step(`${index + 1}: keyring ${args}`, async () => {
          const [mine, latest, old] = await run(args, stdin, env);
          if (since) assertNotEquals(latest, old, SINCE[since]);
          else assertEquals(latest, old);
          if (begins) return assert(mine?.out.startsWith(latest?.out ?? "?"), mine?.out);
          if (!difference.differs) return assertEquals(mine, latest);
          assertEquals([mine?.code, mine?.out], difference.ours);
          assertNotEquals(mine, latest, REASONS[difference.differs]);
        });
      }
    } finally {
      for (const [entry] of [...ENTRIES, ...LEFT]) {
        await run(`-b keyring.backends.SecretService.Keyring del ${entry}`);
      }
      await Deno.remove(folder, { recursive: true });
    }
  },
);
