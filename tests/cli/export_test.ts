// @environment unit, windows
//
// `keyring export` on keyrings in memory, and back again.

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { ChainKeyring } from "../../src/backends/chain.ts";
import { FailKeyring } from "../../src/backends/fail.ts";
import { MemoryKeyring } from "../../src/backends/memory.ts";
import {
  CorruptSecretError,
  KeyringLockedError,
  KeyringPermissionError,
} from "../../src/errors.ts";
import type { EntryInfo } from "../../src/keyring.ts";
import { StoreKeyring } from "../../src/store_keyring.ts";
import type { Context } from "../../src/cli/command.ts";
import { manyEntries, storedBytes } from "../fixtures/many_entries.ts";
import { pipedText, runMain } from "../fixtures/main.ts";
import { BatchBackend, WideBackend } from "../fixtures/stores.ts";

const POSIX = { ignore: Deno.build.os === "windows" };

async function threeEntries(keyring = new MemoryKeyring()): Promise<MemoryKeyring> {
  await keyring.setPassword("my_app", "alice", "made-up, 1");
  await keyring.setSecret("my_app", "bob", Uint8Array.of(0, 255));
  await keyring.setPassword("other", "", "");
  return keyring;
}

const JSONL = '{"service": "my_app", "username": "alice", "password": "made-up, 1"}\n' +
  '{"service": "my_app", "username": "bob", "base64": "AP8="}\n' +
  '{"service": "other", "username": "", "password": ""}\n';
const CSV = "service,username,password,base64\r\n" +
  'my_app,alice,"made-up, 1",\r\nmy_app,bob,,AP8=\r\nother,,,\r\n';

function terminal(answer: string): Context["stdin"] {
  return { ...pipedText(answer), isTerminal: () => true };
}

async function withFolder(test: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await test(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function filesIn(folder: string): Promise<string[]> {
  return (await Array.fromAsync(Deno.readDir(folder), ({ name }) => name)).sort();
}

Deno.test("export writes to a pipe, in either form", async () => {
  const keyring = await threeEntries();
  const cases: [string[], string][] = [
    [[], JSONL],
    [["--format", "csv"], CSV],
    [["other"], '{"service": "other", "username": "", "password": ""}\n'],
    [["--target=O*", "--format=csv"], "service,username,password\r\nother,,\r\n"],
    [["none"], ""],
    [["none", "--format=csv"], "service,username,password\r\n"],
    [
      ["--names-only", "my_app"],
      JSONL.split("\n").slice(0, 2).map((line) =>
        `${line.replace(/, "(password|base64)".*/, "}")}\n`
      ).join(""),
    ],
    [
      ["--names-only", "--format=csv"],
      "service,username\r\nmy_app,alice\r\nmy_app,bob\r\nother,\r\n",
    ],
  ];
  for (const [args, out] of cases) {
    assertEquals(await runMain(["export", ...args], keyring), { code: 0, out, err: "" });
  }
});

Deno.test("export --names-only reads no secret and asks nothing", async () => {
  class Sealed extends MemoryKeyring {
    override getSecret(): Promise<never> {
      return Promise.reject(new Error("it was read"));
    }
  }
  const keyring = new Sealed();
  await keyring.setPassword("s", "u", "made-up");
  const outcome = await runMain(["export", "--names-only"], keyring, { outIsTerminal: () => true });
  assertEquals(outcome, { code: 0, out: '{"service": "s", "username": "u"}\n', err: "" });
});

Deno.test("export asks before it shows secrets on a terminal", async () => {
  const keyring = await threeEntries();
  const question = "Show secrets on this terminal? [y/N] ";
  for (const answer of ["y\n", "Y\n", "yes\r\n"]) {
    const context = { outIsTerminal: () => true, stdin: terminal(answer) };
    assertEquals(await runMain(["export"], keyring, context), {
      code: 0,
      out: JSONL,
      err: question,
    });
  }
  const refusal = "keyring: Nothing was written. Use --out FILE, or redirect the output.\n";
  for (const answer of ["", "\n", "n\n", "yesterday\n", "no y\n"]) {
    const context = { outIsTerminal: () => true, stdin: terminal(answer) };
    const err = question + refusal;
    assertEquals(await runMain(["export"], keyring, context), { code: 1, out: "", err });
  }
  const nobody = { outIsTerminal: () => true, stdin: pipedText("y\n") };
  assertEquals(await runMain(["export"], keyring, nobody), { code: 1, out: "", err: refusal });
});

Deno.test("export --out writes a file that only its owner may read", POSIX, async () => {
  await withFolder(async (folder) => {
    const keyring = await threeEntries();
    const context = { outIsTerminal: () => true };
    for (const [name, text] of [["a.jsonl", JSONL], ["b.csv", CSV], ["c.txt", JSONL]]) {
      const path = `${folder}/${name}`;
      const outcome = await runMain(["export", "-o", path], keyring, context);
      assertEquals(outcome, { code: 0, out: "", err: "" });
      assertEquals(await Deno.readTextFile(path), text);
      assertEquals(((await Deno.stat(path)).mode ?? 0) & 0o777, 0o600);
    }
    assertEquals(await filesIn(folder), ["a.jsonl", "b.csv", "c.txt"]);
  });
});

Deno.test("export replaces a file only with --force", async () => {
  await withFolder(async (folder) => {
    const keyring = await threeEntries();
    const path = `${folder}/a.csv`;
    await Deno.writeTextFile(path, "old");
    const refused = await runMain(["export", "--out", path], keyring);
    assertEquals(refused.code, 1);
    assertStringIncludes(refused.err, "Refusing to overwrite ");
    assertStringIncludes(refused.err, "a.csv; --force replaces it\n");
    assertEquals(await Deno.readTextFile(path), "old");
    const forced = await runMain(["export", "--force", "--out", path], keyring);
    assertEquals(forced, { code: 0, out: "", err: "" });
    assertEquals(await Deno.readTextFile(path), CSV);
    const { mode } = await Deno.stat(path);
    if (Deno.build.os !== "windows") assertEquals((mode ?? 0) & 0o777, 0o600);
    assertEquals(await filesIn(folder), ["a.csv"]);
    const fresh = await runMain(["export", "--force", "--out", `${folder}/b.csv`], keyring);
    assertEquals(fresh.code, 0);
    assertEquals(await filesIn(folder), ["a.csv", "b.csv"]);
  });
});

Deno.test("export takes neither - nor nothing for the name of a file", async () => {
  for (const out of ["-", ""]) {
    const { code, err } = await runMain(["export", "--out", out], new MemoryKeyring());
    assertEquals(code, 2);
    assertStringIncludes(err, "argument --out: name a file");
  }
});

Deno.test("export --force replaces no folder and no link", POSIX, async () => {
  await withFolder(async (folder) => {
    const keyring = await threeEntries();
    await Deno.mkdir(`${folder}/folder`);
    await Deno.writeTextFile(`${folder}/target`, "kept");
    await Deno.symlink(`${folder}/target`, `${folder}/link`);
    for (const path of [`${folder}/folder`, `${folder}/link`]) {
      for (const force of [["--force"], []]) {
        const { code, err } = await runMain(["export", ...force, "--out", path], keyring);
        assertEquals([code, err], [
          1,
          `keyring: Refusing to replace ${path}: it is not a plain file\n`,
        ]);
      }
    }
    assertEquals(await Deno.readTextFile(`${folder}/target`), "kept");
    assertEquals(await filesIn(folder), ["folder", "link", "target"]);
    const wrong = await runMain(["export", "--force"], keyring);
    assertEquals(wrong.code, 2);
  });
});

Deno.test("export writes to a device or a pipe directly", POSIX, async () => {
  await withFolder(async (folder) => {
    const keyring = await threeEntries();
    const pipe = `${folder}/pipe`;
    await new Deno.Command("mkfifo", { args: [pipe] }).output();
    for (const force of [[], ["--force"]]) {
      const device = await runMain(["export", ...force, "--out", "/dev/null"], keyring);
      assertEquals(device, { code: 0, out: "", err: "" });
      const [read, piped] = await Promise.all([
        Deno.readTextFile(pipe),
        runMain(["export", ...force, "--out", pipe], keyring),
      ]);
      assertEquals([read, piped], [JSONL, { code: 0, out: "", err: "" }]);
    }
    assertEquals(await filesIn(folder), ["pipe"]);
    assertEquals((await Deno.stat("/dev/null")).isCharDevice, true);
  });
});

Deno.test("export replaces no file that has come there meanwhile", async () => {
  await withFolder(async (folder) => {
    const path = `${folder}/a.jsonl`;
    class Slow extends MemoryKeyring {
      override async list(): Promise<EntryInfo[]> {
        const [temporary] = await filesIn(folder);
        assertMatch(temporary ?? "", /^a\.jsonl\.tmp-[0-9a-f]{8}$/);
        await Deno.writeTextFile(path, "another's");
        return await super.list();
      }
    }
    const { code, err } = await runMain(["export", "--out", path], await threeEntries(new Slow()));
    assertEquals([code, await Deno.readTextFile(path)], [1, "another's"]);
    assertStringIncludes(err, "Refusing to overwrite ");
    assertEquals(await filesIn(folder), ["a.jsonl"]);
  });
});

const HOSTILE = "\x1b]0;owned\x07\x9b31m\u202e\r\n";

Deno.test("no name reaches a terminal with its control characters", async () => {
  const keyring = new MemoryKeyring();
  await keyring.setPassword(`s${HOSTILE}`, `u${HOSTILE}`, "made-up");
  const commands = [
    ["list"],
    ["list", "--output=json"],
    ["export"],
    ["export", "--format=csv"],
    ["export", "--names-only"],
    ["export", "--names-only", "--format=csv"],
    ["get", "--mode=creds", `s${HOSTILE}`],
    ["get", "--mode=creds", "--output=json", `s${HOSTILE}`],
    ["get", `none${HOSTILE}`, "u"],
    ["del", `none${HOSTILE}`, "u"],
    ["list", "x", `extra${HOSTILE}`],
    [`command${HOSTILE}`],
    ["import", `/nonexistent${HOSTILE}`],
    ["run", "--env", `A=none${HOSTILE}/u`, "--", "x"],
  ];
  for (const args of commands) {
    const context = {
      outIsTerminal: () => true,
      columns: () => 200,
      errColumns: () => 200,
      stdin: terminal("y\n"),
    };
    const { out, err } = await runMain(args, keyring, context);
    // deno-lint-ignore no-control-regex -- these are what is looked for
    const found = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028-\u202e]/.exec(out + err);
    assertEquals(found, null, args.join(" "));
    assert(out + err === "" || args[0] === "import" || /u001b/.test(out + err), args.join(" "));
  }
  const piped = await runMain(["get", "--mode=creds", `s${HOSTILE}`], keyring);
  assertEquals(piped.out, `u${HOSTILE}\nmade-up\n`);
});

Deno.test("a password with a NUL comes back from either form as text", async () => {
  for (const open of [() => new MemoryKeyring(), () => new StoreKeyring(new WideBackend())]) {
    const original = open();
    await original.setPassword("s", "u", "a\0é");
    for (const format of ["jsonl", "csv"]) {
      const { out } = await runMain(["export", "--format", format], original);
      const copy = open();
      assertEquals((await runMain(["import"], copy, { stdin: pipedText(out) })).err, "");
      assertEquals(await copy.getPassword("s", "u"), "a\0é");
      assertEquals(await storedBytes(copy, ""), await storedBytes(original, ""));
    }
  }
});

class Corrupt extends MemoryKeyring {
  override getSecret(service: string, username: string): Promise<Uint8Array | null> {
    if (username === "bob") {
      const details = { operation: "get", service, username } as const;
      return Promise.reject(new CorruptSecretError("a part is missing", details));
    }
    return username === "" ? Promise.resolve(null) : super.getSecret(service, username);
  }
}

Deno.test("export writes nothing when one secret cannot be read", async () => {
  const keyring = await threeEntries(new Corrupt());
  await withFolder(async (folder) => {
    const err = 'keyring: Cannot read the password of "bob" for "my_app": a part is missing\n' +
      'keyring: Cannot read the password of "" for "other": it was deleted in the meantime, or its first ' +
      "write was interrupted. If it is still listed, store it again or delete it.\n" +
      "keyring: Nothing was written: 2 of 3 secrets could not be read. " +
      "Use --skip-unreadable to leave them out.\n";
    assertEquals(await runMain(["export"], keyring), { code: 1, out: "", err });
    const path = `${folder}/a.csv`;
    assertEquals(await runMain(["export", "-o", path], keyring), { code: 1, out: "", err });
    assertEquals(await filesIn(folder), []);
    await Deno.writeTextFile(path, "old");
    await runMain(["export", "--force", "-o", path], keyring);
    assertEquals(await Deno.readTextFile(path), "old");
    assertEquals(await filesIn(folder), ["a.csv"]);
  });
});

Deno.test("export --skip-unreadable leaves out what cannot be read, and says so", async () => {
  const keyring = await threeEntries(new Corrupt());
  const [alice] = JSONL.split("\n");
  const last = "keyring: 2 of 3 secrets could not be read and were left out\n";
  await withFolder(async (folder) => {
    const path = `${folder}/a.jsonl`;
    for (const out of [[], ["--out", path]]) {
      const outcome = await runMain(["export", "--skip-unreadable", ...out], keyring);
      assertEquals([outcome.code, outcome.out], [1, out.length === 0 ? `${alice}\n` : ""]);
      const [bob, other, ...rest] = outcome.err.split(/(?<=\n)/);
      assertMatch(bob ?? "", /"bob" for "my_app": a part is missing\n$/);
      assertMatch(other ?? "", /"" for "other": it was deleted in the meantime/);
      assertEquals(rest, [last]);
    }
    assertEquals(await Deno.readTextFile(path), `${alice}\n`);
  });
  const complete = await runMain(["export", "--skip-unreadable"], await threeEntries());
  assertEquals(complete, { code: 0, out: JSONL, err: "" });
});

Deno.test("export --skip-unreadable reports each entry that it left out", async () => {
  const keyring = new Corrupt();
  await keyring.setPassword("good", "alice", "made-up");
  for (let index = 0; index < 30; index++) await keyring.setPassword(`s${index}`, "bob", "made-up");
  const { code, err } = await runMain(["export", "--skip-unreadable"], keyring);
  assertEquals([code, err.match(/a part is missing/g)?.length], [1, 30]);
});

Deno.test("export --skip-unreadable writes nothing when nothing can be read", async () => {
  class Failing extends MemoryKeyring {
    constructor(private readonly error: Error) {
      super();
    }
    override getSecret(): Promise<never> {
      return Promise.reject(this.error);
    }
  }
  const details = { operation: "get" } as const;
  const cases: [Error, number][] = [
    [new CorruptSecretError("a part is missing", details), 3],
    [new KeyringLockedError("it is locked", details), 3],
    [new KeyringPermissionError("a Deno permission is missing", details), 1],
  ];
  for (const [error, failures] of cases) {
    const keyring = await threeEntries(new Failing(error));
    const { code, out, err } = await runMain(["export", "--skip-unreadable"], keyring);
    assertEquals([code, out], [1, ""]);
    const reason = `keyring: Nothing was written: ${failures} of 3 secrets could not be read\n`;
    assert(err.endsWith(reason), err);
  }
});

Deno.test("export stops when all the rest would fail, too", async () => {
  let reads = 0;
  class Locked extends MemoryKeyring {
    override getSecret(): Promise<never> {
      reads++;
      return Promise.reject(new KeyringLockedError("it is locked", { operation: "get" }));
    }
  }
  const { code, err } = await runMain(["export"], await threeEntries(new Locked()));
  assertEquals([code, reads], [1, 1]);
  assertMatch(err, /^keyring: Cannot read the password: it is locked\n/);
});

Deno.test("export does not ask the store when the file cannot be made", async () => {
  class Unasked extends MemoryKeyring {
    override list(): Promise<EntryInfo[]> {
      return Promise.reject(new Error("it was asked"));
    }
  }
  await withFolder(async (folder) => {
    const path = `${folder}/none/a.csv`;
    for (const args of [["-o", path], ["--force", "-o", path]]) {
      const { code, err } = await runMain(["export", ...args], new Unasked());
      assertEquals(code, 1);
      assertMatch(err, /^keyring: Cannot write [^\n]+\n$/);
      assert(!err.includes("asked"), err);
    }
  });
});

Deno.test("export opens a store once and saves nothing, where the store can", async () => {
  const backend = new BatchBackend();
  const keyring = new StoreKeyring(backend);
  await keyring.setPassword("my_app", "alice", "made-up, 1");
  await keyring.setSecret("my_app", "bob", Uint8Array.of(0, 255));
  await keyring.setPassword("other", "", "");
  backend.log.length = 0;
  assertEquals(await runMain(["export"], keyring), { code: 0, out: JSONL, err: "" });
  assertEquals(backend.log, ["open"]);
});

const encode = (text: string) => new TextEncoder().encode(text);
const utf16 = (text: string) => Uint8Array.from([...text].flatMap((one) => [one.charCodeAt(0), 0]));

// What a store like that of Windows holds, and the text that setPassword stores as the same bytes.
const STORED: [name: string, secret: string | Uint8Array, text: string | undefined][] = [
  ["text", "s3cret é", "s3cret é"],
  ["empty", "", ""],
  ["large text", "large ".repeat(1_000), "large ".repeat(1_000)],
  ["text that is large only as UTF-16", "x".repeat(2_000), "x".repeat(2_000)],
  ["large UTF-8", encode("large ".repeat(1_000)), "large ".repeat(1_000)],
  ["other program's UTF-8, even", encode("UTF-8é"), undefined],
  ["other program's UTF-8, odd", encode("UTF-8 é"), undefined],
  ["other program's long UTF-8", encode("x".repeat(2_000)), undefined],
  ["bytes that look like UTF-16", utf16("made-up"), undefined],
  ["bytes that look like a manifest", encode("os-keyring-parts-"), undefined],
  ["bytes", Uint8Array.of(0xff, 0xfe, 0xd8), undefined],
];

Deno.test("export writes as text what the store would store as the same bytes", async () => {
  const original = new StoreKeyring(new WideBackend());
  for (const [username, secret] of STORED) {
    if (typeof secret === "string") await original.setPassword("s", username, secret);
    else await original.setSecret("s", username, secret);
  }
  for (const keyring of [original, new ChainKeyring([new FailKeyring(), original])]) {
    const { out, err } = await runMain(["export"], keyring);
    assertEquals(err, "");
    const exported = out.trimEnd().split("\n").map((line) => JSON.parse(line));
    const texts = Object.fromEntries(
      exported.map(({ username, password }) => [username, password]),
    );
    assertEquals(texts, Object.fromEntries(STORED.map(([name, , text]) => [name, text])));
    const copy = new StoreKeyring(new WideBackend());
    const outcome = await runMain(["import"], copy, { stdin: pipedText(out) });
    assertEquals([outcome.code, outcome.err], [0, ""]);
    assertEquals(await storedBytes(copy, ""), await storedBytes(original, ""));
    assertEquals((await runMain(["export"], copy)).out, out);
  }
});

Deno.test("export reads each entry once", async () => {
  const backend = new WideBackend();
  const keyring = new StoreKeyring(backend);
  await keyring.setPassword("s", "u", "made-up");
  const read = backend.read.bind(backend);
  let reads = 0;
  backend.read = (entry) => {
    reads++;
    return read(entry);
  };
  await runMain(["export"], keyring);
  assertEquals(reads, 1);
});

Deno.test("1,000 entries come back from either form, byte for byte", async () => {
  const original = new MemoryKeyring();
  const entries = manyEntries("");
  for (const { service, username, secret } of entries) {
    if (typeof secret === "string") await original.setPassword(service, username, secret);
    else await original.setSecret(service, username, secret);
  }
  assertEquals((await original.list()).length, 1_000);
  for (const format of ["jsonl", "csv"]) {
    const { out } = await runMain(["export", "--format", format], original);
    const copy = new MemoryKeyring();
    const outcome = await runMain(["import"], copy, { stdin: pipedText(out) });
    assertEquals(outcome.out, "stored 1000, replaced 0, skipped 0, failed 0\n");
    assertEquals(await storedBytes(copy, ""), await storedBytes(original, ""));
    const again = await runMain(["export", "--format", format], copy);
    assertEquals(again.out, out);
  }
});
