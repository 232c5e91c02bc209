// @environment unit, windows
//
// `keyring import` on keyrings in memory.

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { formatCsv } from "../../src/records/csv.ts";
import type { Entry } from "../../src/records/record.ts";
import { formatJsonl } from "../../src/records/jsonl.ts";
import { Progress } from "../../src/cli/progress.ts";
import { MemoryKeyring } from "../../src/backends/memory.ts";
import { CorruptSecretError, KeyringLockedError, operationError } from "../../src/errors.ts";
import type { CallOptions, EntryInfo, ListOptions } from "../../src/keyring.ts";
import type { Outcome } from "../fixtures/command.ts";
import { pipedText, runMain } from "../fixtures/main.ts";

const THREE: Entry[] = [
  { service: "my_app", username: "alice", secret: "made-up 1" },
  { service: "my_app", username: "bob", secret: Uint8Array.of(0, 255) },
  { service: "other", username: "", secret: "" },
];

/** A keyring that refuses some entries, and knows what it was asked. */
class Choosy extends MemoryKeyring {
  readonly asked: string[] = [];

  constructor(private readonly refuse: (username: string) => Error | undefined = () => undefined) {
    super();
  }

  override setSecret(
    service: string,
    username: string,
    secret: Uint8Array,
    options?: CallOptions,
  ): Promise<void> {
    this.asked.push(`set ${service} ${username}`);
    const error = this.refuse(username);
    return error ? Promise.reject(error) : super.setSecret(service, username, secret, options);
  }

  override getSecret(service: string, username: string): Promise<Uint8Array | null> {
    this.asked.push(`get ${service} ${username}`);
    return super.getSecret(service, username);
  }

  override list(options: ListOptions = {}): Promise<EntryInfo[]> {
    this.asked.push(`list ${options.service ?? ""}`.trim());
    return super.list(options);
  }
}

async function importText(
  text: string,
  keyring: MemoryKeyring,
  args: string[] = [],
): Promise<Outcome> {
  return await runMain(["import", ...args], keyring, { stdin: pipedText(text) });
}

async function contents(keyring: MemoryKeyring): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const { service, username } of await keyring.list()) {
    const secret = await keyring.getSecret(service, username);
    found[`${service}/${username}`] = new TextDecoder("latin1").decode(secret ?? new Uint8Array());
  }
  return found;
}

Deno.test("import stores what a pipe holds, in either form", async () => {
  for (const text of [formatJsonl(THREE), formatCsv(THREE)]) {
    for (const args of [[], ["-"], ["--on-conflict=replace"]]) {
      const keyring = new MemoryKeyring();
      assertEquals(await importText(text, keyring, args), {
        code: 0,
        out: "stored 3, replaced 0, skipped 0, failed 0\n",
        err: "",
      });
      assertEquals(await contents(keyring), {
        "my_app/alice": "made-up 1",
        "my_app/bob": "\0ÿ",
        "other/": "",
      });
    }
  }
});

Deno.test("import takes the form that --format names", async () => {
  const { code, err } = await importText(formatCsv(THREE), new MemoryKeyring(), ["--format=jsonl"]);
  assertEquals(code, 1);
  assertStringIncludes(err, "keyring: line 1: it is not valid JSON\n");
  const empty = await importText("", new MemoryKeyring(), ["--format=jsonl"]);
  assertEquals(empty.out, "stored 0, replaced 0, skipped 0, failed 0\n");
});

Deno.test("import stores nothing while a line is wrong, and names each", async () => {
  const keyring = new Choosy();
  const text = `${formatJsonl(THREE)}{"service": "made-up secret\n[]\n`;
  assertEquals(await importText(text, keyring), {
    code: 1,
    out: "",
    err: "keyring: line 4: it is not valid JSON\n" +
      "keyring: line 5: it is not a JSON object\n" +
      "keyring: Nothing was stored: 2 lines are wrong\n",
  });
  assertEquals(keyring.asked, []);
});

Deno.test("import tells of very many wrong lines only the first", async () => {
  const { err } = await importText("{\n".repeat(1_000), new MemoryKeyring());
  const lines = err.trimEnd().split("\n");
  assertEquals(lines.length, 22);
  assertEquals(lines.slice(-3), [
    "keyring: line 20: it is not valid JSON",
    "keyring: and 980 more",
    "keyring: Nothing was stored: 1000 lines are wrong",
  ]);
});

Deno.test("import does with entries that are there what --on-conflict says", async () => {
  const cases: [string[], number, string, string][] = [
    [[], 1, "old", ""],
    [["--on-conflict=fail"], 1, "old", ""],
    [["--on-conflict=skip"], 0, "old", "stored 2, replaced 0, skipped 1, failed 0\n"],
    [["--on-conflict", "replace"], 0, "made-up 1", "stored 2, replaced 1, skipped 0, failed 0\n"],
  ];
  for (const [args, code, secret, out] of cases) {
    const keyring = new MemoryKeyring();
    await keyring.setPassword("my_app", "alice", "old");
    const outcome = await importText(formatCsv(THREE), keyring, args);
    assertEquals([outcome.code, outcome.out], [code, out]);
    assertEquals(await keyring.getPassword("my_app", "alice"), secret);
    assertEquals((await keyring.list()).length, code === 0 ? 3 : 1);
    if (code === 0) continue;
    assertEquals(
      outcome.err,
      'keyring: line 2: there is an entry of "alice" for "my_app" already\n' +
        "keyring: Nothing was stored: 1 entry is there already. " +
        "Choose --on-conflict=skip or =replace.\n",
    );
  }
});

Deno.test("import looks for entries without reading a secret", async () => {
  const keyring = new Choosy();
  await keyring.setPassword("my_app", "alice", "old");
  keyring.asked.length = 0;
  await importText(formatJsonl(THREE), keyring, ["--on-conflict=skip"]);
  // One call for all, then one for each service of which an entry was not among them.
  const asked = ["list", "list my_app", "list other", "set my_app bob", "set other "];
  assertEquals(keyring.asked, asked);
});

Deno.test("import asks Windows for each entry, and wipes what it reads", async () => {
  const read: Uint8Array[] = [];
  class Watched extends MemoryKeyring {
    override async getSecret(service: string, username: string): Promise<Uint8Array | null> {
      if (service === "corrupt") {
        throw new CorruptSecretError("a part is gone", { operation: "get" });
      }
      const secret = await super.getSecret(service, username);
      if (secret) read.push(secret);
      return secret;
    }
  }
  const keyring = new Watched();
  await keyring.setPassword("my_app", "alice", "old");
  const entries = [...THREE, { service: "corrupt", username: "", secret: "new" }];
  const args = ["import", "--on-conflict=replace"];
  const stdin = pipedText(formatJsonl(entries));
  const { out } = await runMain(args, keyring, { stdin, os: "windows" });
  assertEquals(out, "stored 2, replaced 2, skipped 0, failed 0\n");
  assertEquals(read, [new Uint8Array(3)]);
});

Deno.test("import finds what a store tells only of its service", async () => {
  // As the Secret Service does with what other programs stored.
  class Shy extends MemoryKeyring {
    override list(options: ListOptions = {}): Promise<EntryInfo[]> {
      return options.service === undefined ? Promise.resolve([]) : super.list(options);
    }
  }
  const keyring = new Shy();
  await keyring.setPassword("my_app", "alice", "old");
  const { out } = await importText(formatJsonl(THREE), keyring, ["--on-conflict=skip"]);
  assertEquals(out, "stored 2, replaced 0, skipped 1, failed 0\n");
});

Deno.test("import --dry-run tells what it would do", async () => {
  const keyring = new Choosy();
  await keyring.setPassword("my_app", "alice", "old");
  keyring.asked.length = 0;
  const text = formatJsonl(THREE);
  const cases: [string[], number, string][] = [
    [["--on-conflict=skip"], 0, "would store 2, replace 0, skip 1\n"],
    [["--on-conflict=replace"], 0, "would store 2, replace 1, skip 0\n"],
    [[], 1, ""],
  ];
  for (const [args, code, out] of cases) {
    const outcome = await importText(text, keyring, ["--dry-run", ...args]);
    assertEquals([outcome.code, outcome.out], [code, out]);
  }
  assert(keyring.asked.every((asked) => asked.startsWith("list")), keyring.asked.join());
});

Deno.test("import tells what the store refuses, and stores the rest", async () => {
  const keyring = new Choosy((username) =>
    username === "bob"
      ? operationError("the store\nis odd", { operation: "set", service: "my_app", username })
      : undefined
  );
  assertEquals(await importText(formatCsv(THREE), keyring), {
    code: 1,
    out: "stored 2, replaced 0, skipped 0, failed 1\n",
    err: 'keyring: line 3: Cannot store the password of "bob" for "my_app": ' +
      "the store\\u000ais odd\n",
  });
  assertEquals(await contents(keyring), { "my_app/alice": "made-up 1", "other/": "" });
});

Deno.test("import stops when all the rest would fail, too", async () => {
  const keyring = new Choosy((username) =>
    username === "bob"
      ? new KeyringLockedError("the keyring is locked", { operation: "set" })
      : undefined
  );
  const { code, out, err } = await importText(formatJsonl(THREE), keyring);
  assertEquals([code, out], [1, "stored 1, replaced 0, skipped 0, failed 1, not tried 1\n"]);
  assertEquals(err, "keyring: line 2: Cannot store the password: the keyring is locked\n");
  assertEquals(keyring.asked.filter((asked) => asked.startsWith("set")).length, 2);
});

Deno.test("import refuses names that are the same on Windows", async () => {
  const text = formatJsonl([
    { service: "Git", username: "u", secret: "made-up" },
    { service: "git", username: "u", secret: "made-up" },
  ]);
  const stdin = pipedText(text);
  const outcome = await runMain(["import"], new MemoryKeyring(), { stdin, os: "windows" });
  assertStringIncludes(outcome.err, "line 2: line 1 holds the same service and username\n");
  assertEquals((await importText(text, new MemoryKeyring())).code, 0);
});

Deno.test("import reads a file, by its ending", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const path = `${folder}/entries.csv`;
    await Deno.writeTextFile(path, formatCsv(THREE));
    const keyring = new MemoryKeyring();
    const { code, err } = await runMain(["import", path], keyring);
    assertEquals([code, err], [0, ""]);
    assertEquals((await keyring.list()).length, 3);
    const missing = await runMain(["import", `${folder}/none.csv`], keyring);
    assertEquals(missing.code, 1);
    assertMatch(missing.err, /^keyring: Cannot read .*none\.csv: [^\n]+\n$/);
    assertMatch(
      (await runMain(["import", folder], keyring)).err,
      /^keyring: Cannot read [^\n]+\n$/,
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("import is used wrongly without a file or with two", async () => {
  const stdin = { isTerminal: () => true, read: () => Promise.reject(new Error("not a pipe")) };
  const alone = await runMain(["import"], new MemoryKeyring(), { stdin });
  assertEquals(alone.code, 2);
  assertStringIncludes(alone.err, "keyring: error: import requires a file or a pipe\n");
  const two = await runMain(["import", "a.csv", "b.csv"], new MemoryKeyring());
  assertEquals(two.code, 2);
  assertStringIncludes(two.err, "keyring: error: unrecognized arguments: b.csv\n");
});

interface Screen {
  progress: Progress;
  lines: string[];
  pass(ms: number): void;
}

function progressOf(columns: number | undefined, total: number): Screen {
  const lines: string[] = [];
  let time = 0;
  const parts = {
    writeErr: (bytes: Uint8Array) =>
      Promise.resolve(void lines.push(new TextDecoder().decode(bytes))),
    errColumns: () => columns,
  };
  const progress = new Progress(parts, "storing", total, () => time);
  return { progress, lines, pass: (ms) => void (time += ms) };
}

Deno.test("the bar is drawn after a second, now and then, and taken away again", async () => {
  const { progress, lines, pass } = progressOf(80, 200);
  for (let step = 0; step < 100; step++) {
    await progress.step();
    pass(20);
  }
  await progress[Symbol.asyncDispose]();
  const [first = "", ...rest] = lines;
  assertEquals(first, `\rstoring 51 of 200 [${"#".repeat(10)}${" ".repeat(30)}]`);
  assertEquals(rest.length, 10);
  const last = rest.pop() ?? "";
  assertMatch(last, /^\r +\r$/);
  const widest = Math.max(...lines.map((line) => line.replaceAll("\r", "").length));
  assertEquals(last.length, widest + 2);
});

Deno.test("the bar fits its terminal, and stays away elsewhere", async () => {
  for (const columns of [undefined, 1, 8, 20, 30, 40]) {
    const { progress, lines, pass } = progressOf(columns, 1_000);
    pass(2_000);
    await progress.step();
    if (columns === undefined) assertEquals(lines, []);
    else assert((lines[0] ?? "").slice(1).length <= columns, lines[0]);
  }
  const { progress, lines } = progressOf(80, 10);
  for (let step = 0; step < 10; step++) await progress.step();
  await progress[Symbol.asyncDispose]();
  assertEquals(lines, []);
});
