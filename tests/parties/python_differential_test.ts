// @environment secret-service
// @needs python3:keyring (python3-keyring)
//
// The same command lines through Debian's `keyring` (23.9.3) and through ours, on one gnome-keyring:
// standard output and exit code are equal, or the difference stands here with its reason.

import { assert, assertEquals } from "@std/assert";
import { CHOICE_FLAGS, keyring } from "../fixtures/command.ts";

const ignore = Deno.env.get("KEYRING_TEST_SECRET_SERVICE") !== "1";
const FLAGS = ["--allow-run=/usr/bin/secret-tool", "--allow-env", ...CHOICE_FLAGS];

/** Why ours differs from 23.9.3: `later` is what 25.7.0 does, as its documentation says. */
const REASONS = {
  later: "an option or command that 23.9.3 does not have yet",
  between: "argparse takes options between the words only since Python 3.13.1",
  pipe: "23.9.3 loses a pipe without a newline at its end",
  abbreviated: "ours takes whole names only, so that a new option breaks no script",
  ours: "a command or option that only ours has",
};

interface Case {
  args: string;
  stdin?: string;
  differs?: keyof typeof REASONS;
  /** What ours does where it differs. */
  ours?: [code: number, out: string];
}

// {S} is a service that holds usr=pw1, é=pẃ and many="a\nb"; it is another for each command.
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
  { args: "get {S} usr --mode password", differs: "later", ours: [0, "pw1\n"] },
  { args: "get {S} usr --mode creds", differs: "later", ours: [0, "usr\npw1\n"] },
  { args: "get {S} usr --mode=xx" },
  {
    args: "get {S} é --output json",
    differs: "later",
    ours: [0, '{"password": "p\\u1e83"}\n'],
  },
  {
    args: "get --mode creds --output=json {S} é",
    differs: "later",
    ours: [0, '{"username": "\\u00e9", "password": "p\\u1e83"}\n'],
  },
  { args: "get {S} usr --no-newline", differs: "ours", ours: [0, "pw1"] },
  { args: "set {S} pipe", stdin: "no newline", differs: "pipe", ours: [0, ""] },
  { args: "set {S} pipe", stdin: "" },
  { args: "set {S} pipe", stdin: "\n" },
  { args: "get {S} pipe", differs: "pipe", ours: [0, "no newline\n"] },
  { args: "set {S} empty --empty", differs: "ours", ours: [0, ""] },
  { args: "get {S} empty", differs: "ours", ours: [0, "\n"] },
];

interface Outcome {
  code: number;
  out: string;
}

async function python(args: string[], stdin: string): Promise<Outcome> {
  const child = new Deno.Command("/usr/bin/python3", {
    args: ["-m", "keyring", ...args],
    env: { PYTHONIOENCODING: "utf-8", LC_ALL: "C.UTF-8" },
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const output = child.output();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(stdin)).catch(() => {});
  await writer.close().catch(() => {});
  const { code, stdout } = await output;
  return { code, out: new TextDecoder().decode(stdout) };
}

function words(args: string, service: string): string[] {
  return args === "" ? [] : args.split(" ").map((word) => word.replace("{S}", service));
}

const ENTRIES = [["usr", "pw1\n"], ["é", "pẃ\n"], ["many", "a\nb\n"]] as const;
const USERS = ["usr", "é", "many", "new", "pipe", "鍵🔑", "thrown"];

Deno.test(
  "the command does what Debian's keyring does",
  { ignore, timeout: 120_000 },
  async (t) => {
    const id = crypto.randomUUID();
    const [theirs, mine] = [`os-keyring-test-a-${id}`, `os-keyring-test-b-${id}`];
    assert(CASES.length >= 60);
    try {
      for (const service of [theirs, mine]) {
        for (const [user, pw] of ENTRIES) await python(["set", service, user], pw);
      }
      for (const [index, { args, stdin = "", differs, ours }] of CASES.entries()) {
        await t.step(`${index + 1}: keyring ${args}`, async () => {
          const expected = await python(words(args, theirs), stdin);
          const { code, out, err } = await keyring(FLAGS, words(args, mine), stdin);
          assert(!err.includes("    at "), err);
          if (!differs) return assertEquals({ code, out }, expected);
          assert(REASONS[differs]);
          assertEquals([code, out], ours);
          assert(code !== expected.code || out !== expected.out, `no difference: ${args}`);
        });
      }
    } finally {
      for (const user of USERS) {
        await keyring(FLAGS, ["del", mine, user]);
        await keyring(FLAGS, ["del", theirs, user]);
      }
    }
  },
);
