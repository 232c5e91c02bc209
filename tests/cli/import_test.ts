// @environment unit, windows
//
// `keyring import` on keyrings in memory.

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { formatCsv } from "../../src/records/csv.ts";
import type { Entry } from "../../src/records/record.ts";
import { importEntries, type ImportOptions } from "../../src/records/import.ts";
import { formatJsonl } from "../../src/records/jsonl.ts";
import { Progress } from "../../src/cli/progress.ts";
import { MemoryKeyring } from "../../src/backends/memory.ts";
import { Failure, KeyringLockedError, operationError } from "../../src/errors.ts";
import type { CallOptions, EntryInfo, Keyring, ListOptions } from "../../src/keyring.ts";
import { StoreKeyring } from "../../src/store_keyring.ts";
import type { Outcome } from "../fixtures/command.ts";
import { piped, pipedText, runMain } from "../fixtures/main.ts";
import { BatchBackend, MapBackend, PlainKeyring, WideBackend } from "../fixtures/stores.ts";

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
    const { has } = this;
    Object.assign(this, {
      has: (service: string, username: string) => {
        this.asked.push(`has ${username}`);
        return has?.(service, username);
      },
    });
  }

  override setPassword(
    service: string,
    username: string,
    password: string,
    options?: CallOptions,
  ): Promise<void> {
    return this.#set(username, () => super.setPassword(service, username, password, options));
  }

  override setSecret(
    service: string,
    username: string,
    secret: Uint8Array,
    options?: CallOptions,
  ): Promise<void> {
    return this.#set(username, () => super.setSecret(service, username, secret, options));
  }

  #set(username: string, set: () => Promise<void>): Promise<void> {
    this.asked.push(`set ${username}`);
    const error = this.refuse(username);
    return error ? Promise.reject(error) : set();
  }

  override getPassword(service: string, username: string): Promise<string | null> {
    this.asked.push(`get ${username}`);
    return super.getPassword(service, username);
  }

  override getSecret(service: string, username: string): Promise<Uint8Array | null> {
    this.asked.push(`get ${username}`);
    return super.getSecret(service, username);
  }

  override list(options: ListOptions = {}): Promise<EntryInfo[]> {
    this.asked.push("list");
    return super.list(options);
  }
}

async function importText(
  text: string,
  keyring: Keyring,
  args: string[] = [],
): Promise<Outcome> {
  return await runMain(["import", ...args], keyring, { stdin: pipedText(text) });
}

async function contents(keyring: Keyring): Promise<Record<string, string>> {
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
      'keyring: line 2: the entry of "alice" for "my_app" already exists\n' +
        "keyring: Nothing was stored: 1 entry already exists. " +
        "Use --on-conflict=skip or --on-conflict=replace.\n",
    );
  }
});

Deno.test("import asks the store for each entry, and reads no secret", async () => {
  const keyring = new Choosy();
  await keyring.setPassword("my_app", "alice", "old");
  keyring.asked.length = 0;
  await importText(formatJsonl(THREE), keyring, ["--on-conflict=skip"]);
  assertEquals(keyring.asked, ["has alice", "has bob", "has ", "set bob", "set "]);
});

Deno.test("import lists a store once that cannot be asked for an entry", async () => {
  class Listing extends PlainKeyring {
    readonly asked: (string | undefined)[] = [];
    override getSecret = () => Promise.reject(new Error("it was read"));
    override getPassword = this.getSecret;
    override list(options: ListOptions = {}): Promise<EntryInfo[]> {
      this.asked.push(options.service);
      return super.list(options);
    }
  }
  const keyring = new Listing();
  await keyring.setPassword("my_app", "alice", "old");
  const { out } = await importText(formatJsonl(THREE), keyring, ["--on-conflict=skip"]);
  assertEquals(out, "stored 2, replaced 0, skipped 1, failed 0\n");
  assertEquals(keyring.asked, [undefined]);
});

Deno.test("import finds what a store lists only for its service", async () => {
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
  assert(keyring.asked.every((asked) => asked.startsWith("has")), keyring.asked.join());
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

const SVC = [
  { service: "Svc", username: "u", secret: "made-up 1" },
  { service: "svc", username: "u", secret: "made-up 2" },
];

Deno.test("import takes names for the same when the store does, on whatever system", async () => {
  const text = formatJsonl(SVC);
  for (const os of ["linux", "windows"] as const) {
    const memory = new MemoryKeyring();
    const apart = await runMain(["import"], memory, { stdin: pipedText(text), os });
    assertEquals([apart.code, apart.err], [0, ""]);
    assertEquals(await contents(memory), { "Svc/u": "made-up 1", "svc/u": "made-up 2" });
    const wide = new StoreKeyring(new WideBackend());
    const same = await runMain(["import"], wide, { stdin: pipedText(text), os });
    assertEquals(same.code, 1);
    assertStringIncludes(same.err, "line 2: line 1 holds the same service and username\n");
    assertEquals(await wide.list(), []);
    await wide.setPassword("SVC", "u", "old");
    const stdin = pipedText(formatJsonl(SVC.slice(1)));
    const there = await runMain(["import"], wide, { stdin, os });
    assertStringIncludes(there.err, 'line 1: the entry of "u" for "svc" already exists\n');
    assertEquals(await wide.getPassword("svc", "u"), "old");
  }
});

Deno.test("import asks a list with the keys of the store", async () => {
  const backend = new WideBackend();
  Object.assign(backend, { has: undefined });
  const keyring = new StoreKeyring(backend);
  assertEquals(keyring.has, undefined);
  await keyring.setPassword("SVC", "u", "old");
  const stdin = pipedText(formatJsonl(SVC.slice(1)));
  const { out } = await runMain(["import", "--on-conflict=replace"], keyring, { stdin });
  assertEquals(out, "stored 0, replaced 1, skipped 0, failed 0\n");
});

Deno.test("import opens a store once and saves it once, where the store can", async () => {
  const backend = new BatchBackend();
  const keyring = new StoreKeyring(backend);
  const first = await importText(formatJsonl(THREE), keyring);
  assertEquals([first.out, first.err], ["stored 3, replaced 0, skipped 0, failed 0\n", ""]);
  assertEquals(backend.log, ["open", "save"]);
  assertEquals((await contents(keyring))["my_app/bob"], "\0ÿ");
  const cases: [string[], number][] = [
    [[], 1],
    [["--on-conflict=skip"], 0],
    [["--dry-run", "--on-conflict=replace"], 0],
  ];
  for (const [args, code] of cases) {
    backend.log.length = 0;
    assertEquals((await importText(formatCsv(THREE), keyring, args)).code, code);
    assertEquals(backend.log, ["open"]);
  }
});

Deno.test("import stores the rest in one opening when the store refuses an entry", async () => {
  const backend = new BatchBackend();
  const keyring = new StoreKeyring(backend);
  const entries = [{ service: "s", username: "refused", secret: "made-up" }, ...THREE];
  const { code, out, err } = await importText(formatJsonl(entries), keyring);
  assertEquals([code, out], [1, "stored 3, replaced 0, skipped 0, failed 1\n"]);
  const reason = 'Cannot store the password of "refused" for "s": the store is odd';
  assertEquals(err, `keyring: line 1: ${reason}\n`);
  assertEquals(backend.log, ["open", "save"]);
  assertEquals((await keyring.list()).length, 3);
});

Deno.test("import reports nothing as stored before it is saved", async () => {
  const backend = new BatchBackend();
  const keyring = new StoreKeyring(backend);
  const out: string[] = [];
  backend.beforeSave = () => assertEquals(out, []);
  const context = {
    stdin: pipedText(formatJsonl(THREE)),
    writeOut: (bytes: Uint8Array) =>
      Promise.resolve(void out.push(new TextDecoder().decode(bytes))),
  };
  assertEquals((await runMain(["import"], keyring, context)).code, 0);
  assertEquals(out, ["stored 3, replaced 0, skipped 0, failed 0\n"]);
});

Deno.test("import says that nothing was stored when the store cannot be saved", async () => {
  const backend = new BatchBackend();
  const keyring = new StoreKeyring(backend);
  await keyring.setPassword("my_app", "alice", "old");
  backend.full = new Failure("other", "the disk is full", { advice: "Make room." });
  const args = ["--on-conflict=replace"];
  const entries = [{ service: "s", username: "refused", secret: "made-up" }, ...THREE];
  assertEquals(await importText(formatJsonl(entries), keyring, args), {
    code: 1,
    out: "",
    err: 'keyring: line 1: Cannot store the password of "refused" for "s": the store is odd\n' +
      "keyring: Nothing was stored: the disk is full. Make room.\n",
  });
  assertEquals(await contents(keyring), { "my_app/alice": "old" });
});

Deno.test("import that is aborted in a batch stores nothing, and says so", async () => {
  const replace = { onConflict: "replace", dryRun: false } as const;
  const entries = THREE.map((entry, line) => ({ secret: "", ...entry, line }));
  for (const when of ["storing", "saving"]) {
    const backend = new BatchBackend();
    const keyring = new StoreKeyring(backend);
    await keyring.setPassword("my_app", "alice", "old");
    const controller = new AbortController();
    const abort = () => controller.abort();
    if (when === "saving") backend.beforeSave = abort;
    const withProgress: ImportOptions["withProgress"] = (part, _, run) =>
      run(() => Promise.resolve(part === when ? abort() : undefined));
    const options = { ...replace, withProgress, signal: controller.signal };
    const { outcome } = await importEntries(keyring, entries, options);
    assertEquals(outcome, { stored: 0, replaced: 0, skipped: 0, failed: [], left: 3 });
    assertEquals(await contents(keyring), { "my_app/alice": "old" });
  }
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

Deno.test("import refuses what is not UTF-8, and what is too large", async () => {
  const text = new TextEncoder().encode("service,username,password\né,");
  const broken = await runMain(["import"], new MemoryKeyring(), {
    stdin: piped(Uint8Array.of(...text, 0xe9, 10)),
  });
  const reason =
    "Nothing was stored: line 2 is not valid UTF-8; text must be UTF-8, or UTF-16 with a " +
    "byte order mark";
  assertEquals(broken, { code: 1, out: "", err: `keyring: ${reason}\n` });
  const stdin = {
    isTerminal: () => false,
    read: (buffer: Uint8Array) => Promise.resolve(buffer.fill(0x20).length),
  };
  const endless = await runMain(["import", "--format=jsonl"], new MemoryKeyring(), { stdin });
  const tooLarge = "keyring: The input is larger than 67108864 bytes\n";
  assertEquals(endless, { code: 1, out: "", err: tooLarge });
});

Deno.test("import takes the columns that --map names", async () => {
  const keyring = new MemoryKeyring();
  const text = "Login;Pass;URL;Note\nalice;s3cret;https://host.example;x\n";
  const maps = ["--map", "service=url, username=LOGIN ", "--map=password=pass"];
  const { code, err } = await importText(text, keyring, maps);
  assertEquals([code, err], [0, ""]);
  assertEquals(await keyring.getPassword("https://host.example", "alice"), "s3cret");
  const wrong = ["service", "service=", "=url", "note=x", "service=a,", ""];
  for (const map of wrong) {
    const outcome = await importText(text, keyring, [`--map=${map}`]);
    assertEquals(outcome.code, 2, map);
    assertStringIncludes(outcome.err, "argument --map: write it as FIELD=COLUMN,…");
  }
  const twice = await importText(text, keyring, ["--map=service=a,service=b"]);
  assertStringIncludes(twice.err, "argument --map: service is given twice");
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
  const context = {
    writeErr: (bytes: Uint8Array) =>
      Promise.resolve(void lines.push(new TextDecoder().decode(bytes))),
    errColumns: () => columns,
  };
  const progress = new Progress(context, "storing", total, () => time);
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
  assertEquals(first, `\rstoring 51 of 200 [${"#".repeat(10)}${" ".repeat(30)}], 3 s left`);
  assertEquals(rest.length, 10);
  const last = rest.pop() ?? "";
  assertMatch(last, /^\r +\r$/);
  const widest = Math.max(...[first, ...rest].map((line) => line.replaceAll("\r", "").length));
  // With the two columns of a ^C that the terminal echoed.
  assertEquals(last.length, widest + 2 + 2);
});

Deno.test("the bar says how long the rest takes", async () => {
  const { progress, lines, pass } = progressOf(80, 1_000);
  for (const ms of [9_000, 1_000, 100]) {
    pass(ms);
    await progress.step();
  }
  const rests = lines.map((line) => line.trimEnd().split("], ")[1]);
  assertEquals(rests, ["150 min left", "84 min left", "56 min left"]);
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

/** The ways in which a store can be asked which entries there are. */
const WAYS = {
  has: (backend: MapBackend) => ({
    has: async (entry: { service: string; username: string }) => !!await backend.read(entry),
  }),
  hasEach: () => ({ hasEach: (entries: unknown[]) => Promise.resolve(entries.map(() => false)) }),
  list: () => ({}),
};

for (const [way, memberOf] of Object.entries(WAYS)) {
  Deno.test(`names that a store with ${way} cannot hold are all reported first`, async () => {
    const backend = new MapBackend();
    const limits = { ...backend.limits, forbidden: { "*": "wildcard" } };
    await refusesWildcards(
      new StoreKeyring(Object.assign(backend, memberOf(backend), { limits })),
    );
  });
}

async function refusesWildcards(keyring: StoreKeyring): Promise<void> {
  const entries = ["a*", "b", "c*"].map((username) => ({ service: "s", username, secret: "x" }));
  const { code, out, err } = await runMain(["import"], keyring, {
    stdin: pipedText(formatJsonl(entries)),
  });
  assertEquals([code, out], [1, ""]);
  assertEquals(
    err,
    "keyring: line 1: the username contains a wildcard character\n" +
      "keyring: line 3: the username contains a wildcard character\n" +
      "keyring: Nothing was stored: 2 lines are wrong\n",
  );
  assertEquals(await keyring.list(), []);
}

Deno.test("import asks a locked store once, and blames no line", async () => {
  let asked = 0;
  const keyring = Object.assign(new MemoryKeyring(), {
    has: () => {
      asked++;
      return Promise.reject(new KeyringLockedError("the keyring is locked", { operation: "get" }));
    },
  });
  const stdin = pipedText(formatJsonl(THREE));
  const { code, err } = await runMain(["import"], keyring, { stdin });
  assertEquals([code, asked], [1, 1]);
  assertMatch(err, /^keyring: .*the keyring is locked/);
  assert(!err.includes("line"), err);
});
