// @environment unit, windows, secret-service
//
// `keyring import` and `export` as processes, with the flags of the README and no others; on the
// Secret Service and the Credential Manager also what they store.

import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { choose } from "../../src/choose.ts";
import { parseCsv } from "../../src/records/csv.ts";
import { formatJsonl } from "../../src/records/jsonl.ts";
import { openLibraries } from "../../src/backends/windows/calls.ts";
import { CHOICE_FLAGS, keyring, type Outcome } from "../fixtures/command.ts";
import { manyEntries, storedBytes } from "../fixtures/many_entries.ts";

const ON_WINDOWS = Deno.build.os === "windows";
const POSIX = { ignore: ON_WINDOWS };
const FILE = "service,username,password\r\nmy_app,alice,made-up\r\n";
const STORED = "stored 1, replaced 0, skipped 0, failed 0\n";

/** On a keyring that keeps nothing, for which no flag is needed but that which chooses it. */
async function onNothing(flags: string[], args: string[], stdin = ""): Promise<Outcome> {
  const env = { KEYRING_BACKEND: "null" };
  return await keyring(["--allow-env=KEYRING_BACKEND", ...flags], args, stdin, env);
}

async function withFolder(test: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.realPath(await Deno.makeTempDir());
  try {
    await test(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("import of a pipe needs no flag of its own, CSV neither", async () => {
  for (const text of [FILE, '{"service": "s", "username": "u", "password": "made-up"}\n']) {
    assertEquals(await onNothing([], ["import"], text), { code: 0, out: STORED, err: "" });
  }
  const wrong = await onNothing([], ["import"], "service,username,password\na,b\n");
  assertEquals([wrong.code, wrong.out], [1, ""]);
  assertStringIncludes(wrong.err, "keyring: line 2: it has 2 fields, and the header 3\n");
  assertEquals((await onNothing([], ["import", "a", "b"])).code, 2);
});

Deno.test("import of a file needs leave to read it, and says so", async () => {
  await withFolder(async (folder) => {
    const path = `${folder}${ON_WINDOWS ? "\\" : "/"}entries.csv`;
    await Deno.writeTextFile(path, FILE);
    const flag = `--allow-read=${path}`;
    const { code, out, err } = await onNothing([], ["import", path]);
    assertEquals([code, out], [1, ""]);
    assertMatch(
      err,
      /^keyring: Cannot read [^\n]+: a Deno permission is missing\. [^\n]+\n[^\n]+\n$/,
    );
    assertMatch(
      err,
      /\nTo install the command with it \(add again what you had allowed for other programs and files\): deno install -gf [^\n]+entries\.csv\b[^\n]*\n$/,
    );
    assertStringIncludes(err, `Add ${flag} to the deno command.`);
    const granted = await onNothing([flag], ["import", path]);
    assertEquals(granted, { code: 0, out: STORED, err: "" });
  });
});

Deno.test("export to a file needs leave to write it, and says so", async () => {
  await withFolder(async (folder) => {
    const path = `${folder}${ON_WINDOWS ? "\\" : "/"}entries.jsonl`;
    const needed = [`--allow-read=${folder}`, `--allow-write=${folder}`];
    for (const force of [[], ["--force"]]) {
      const args = ["export", "--out", path, ...force];
      const { code, err } = await onNothing([], args);
      assertEquals(code, 1);
      assertStringIncludes(err, `Add ${needed.join(" ")} to the deno command.\n`);
      const granted = await onNothing(needed, args);
      assertEquals(granted, { code: 0, out: "", err: "" });
      const { mode, size } = await Deno.stat(path);
      assertEquals(size, 0);
      if (!ON_WINDOWS) assertEquals((mode ?? 0) & 0o777, 0o600);
    }
  });
});

// A store that waits for the third entry until it is told to stop, and tells that it has begun.
const SLOW = `
import { MemoryKeyring } from ${
  JSON.stringify(new URL("../../src/backends/memory.ts", import.meta.url))
};
async function wait(username, { signal }) {
  if (username !== "third") return;
  Deno.writeTextFileSync(new URL("./begun", import.meta.url), "");
  const { promise, reject } = Promise.withResolvers();
  signal.addEventListener("abort", () => reject(signal.reason));
  setTimeout(reject, 60_000);
  await promise;
}
export default class extends MemoryKeyring {
  async list() {
    const names = Deno.args.includes("export") ? ["first", "second", "third", "fourth"] : [];
    return names.map((username) => ({ service: "s", username }));
  }
  async getSecret(service, username, options) {
    await wait(username, options);
    return new Uint8Array(1);
  }
  async setPassword(service, username, password, options) {
    await wait(username, options);
    await super.setPassword(service, username, password, options);
  }
  BATCH
}
`;

const BATCH = `
  batch = async (work) => {
    const result = await work(new this.constructor());
    Deno.writeTextFileSync(new URL("./saved", import.meta.url), "");
    return result;
  };
`;

/** What a command says when it is stopped at the third entry. */
async function interrupted(
  folder: string,
  args: string[],
  batch = "",
  by: "SIGINT" | "SIGKILL" = "SIGINT",
): Promise<string> {
  await Deno.writeTextFile(`${folder}/slow.ts`, SLOW.replace("BATCH", batch));
  const cli = new URL("../../cli.ts", import.meta.url).href;
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", cli, "-b", `${folder}/slow.ts`, ...args],
    env: { NO_COLOR: "1" },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const output = child.output();
  for (let tries = 0; tries < 3_000; tries++) {
    if (await Deno.stat(`${folder}/begun`).catch(() => undefined)) break;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  child.kill(by);
  const { signal, stdout, stderr } = await output;
  const decoder = new TextDecoder();
  assertEquals([signal, decoder.decode(stderr)], [by, ""]);
  return decoder.decode(stdout);
}

Deno.test(
  "Ctrl-C during import says what was stored, and ends it by the signal",
  POSIX,
  async () => {
    const cases = {
      "": "stored 2, replaced 0, skipped 0, failed 0, not tried 2\n",
      [BATCH]: "stored 0, replaced 0, skipped 0, failed 0, not tried 4\n",
    };
    for (const [batch, summary] of Object.entries(cases)) {
      await withFolder(async (folder) => {
        const path = `${folder}/entries.jsonl`;
        const entries = ["first", "second", "third", "fourth"].map((username) => ({
          service: "s",
          username,
          secret: "made-up",
        }));
        await Deno.writeTextFile(path, formatJsonl(entries));
        assertEquals(await interrupted(folder, ["import", path], batch), summary);
        await assertRejects(() => Deno.stat(`${folder}/saved`), Deno.errors.NotFound);
      });
    }
  },
);

Deno.test(
  "the file names of standard input and output need no flag, or an advice that helps",
  POSIX,
  async () => {
    const text = await onNothing([], ["import", "-"], FILE);
    assertEquals(text, { code: 0, out: STORED, err: "" });
    for (const path of ["/dev/stdin", "/dev/fd/0"]) {
      const { code, err } = await onNothing([], ["import", path], FILE);
      assertEquals(code, 1);
      assertMatch(err, /a Deno permission is missing\. Use - for standard input, or a file\.\n$/);
    }
    const { code, err } = await onNothing([], ["export", "--out", "/dev/stdout"]);
    assertEquals(code, 1);
    assertMatch(err, /Leave out --out to write to standard output, or use a file\.\n$/);
  },
);

Deno.test("an export that was killed does not block the next one", POSIX, async () => {
  await withFolder(async (folder) => {
    const path = `${folder}/entries.jsonl`;
    await interrupted(folder, ["export", "--out", path], "", "SIGKILL");
    await assertRejects(() => Deno.stat(path), Deno.errors.NotFound);
    const flags = [`--allow-read=${folder}`, `--allow-write=${folder}`];
    assertEquals((await onNothing(flags, ["export", "--out", path])).code, 0);
  });
});

Deno.test("Ctrl-C during export leaves no file, and the old one as it was", POSIX, async () => {
  for (const force of [[], ["--force"]]) {
    await withFolder(async (folder) => {
      const path = `${folder}/entries.jsonl`;
      if (force.length > 0) await Deno.writeTextFile(path, "old");
      assertEquals(await interrupted(folder, ["export", "--out", path, ...force]), "");
      const files = await Array.fromAsync(Deno.readDir(folder), ({ name }) => name);
      const kept = force.length > 0 ? ["entries.jsonl"] : [];
      assertEquals(files.sort(), ["begun", ...kept, "slow.ts"]);
      if (force.length > 0) assertEquals(await Deno.readTextFile(path), "old");
    });
  }
});

const [STORE_FLAG, COUNT] = ON_WINDOWS
  ? ["--allow-ffi=C:\\Windows\\System32\\advapi32.dll,C:\\Windows\\System32\\kernel32.dll", 1_000]
  // Each takes several processes; bench/import_bench.ts does a thousand.
  : ["--allow-run=/usr/bin/secret-tool", 50];
const FLAGS = [STORE_FLAG, ...CHOICE_FLAGS];
const hasStore = ON_WINDOWS || Deno.env.get("KEYRING_TEST_SECRET_SERVICE") === "1";
const { keyring: store } = await choose();
// Opened outside the tests, because it stays open and the sanitizer would report it.
if (ON_WINDOWS) openLibraries();
else if (hasStore) await store.list();

Deno.test(
  "what import stores in the system's store, export writes and import stores again",
  { ignore: !hasStore },
  async () => {
    const prefix = `os-keyring-test-${crypto.randomUUID()}-`;
    const entries = manyEntries(prefix, COUNT);
    const remove = async () => {
      for (const { service, username } of entries) {
        await store.deletePassword(service, username).catch(() => {});
      }
    };
    try {
      const exported = ["export", `--target=${prefix}*`, "--format=csv"];
      const done = `stored ${COUNT}, replaced 0, skipped 0, failed 0\n`;
      const first = await keyring(FLAGS, ["import"], formatJsonl(entries));
      assertEquals(first, { code: 0, out: done, err: "" });
      const before = await storedBytes(store, prefix);
      assertEquals(Object.keys(before).length, COUNT);
      const { code, out, err } = await keyring(FLAGS, exported);
      assertEquals([code, err], [0, ""]);
      const skipped = await keyring(FLAGS, ["import", "--on-conflict=skip"], out);
      assertEquals(skipped.out, `stored 0, replaced 0, skipped ${COUNT}, failed 0\n`);
      await remove();
      assertEquals(await keyring(FLAGS, ["import"], out), { code: 0, out: done, err: "" });
      assertEquals(await storedBytes(store, prefix), before);
      assert(await comesBack(out, entries));
    } finally {
      await remove();
    }
  },
);

/** Whether a file holds these entries; text or bytes, the bytes are the same. */
async function comesBack(file: string, entries: ReturnType<typeof manyEntries>): Promise<boolean> {
  const found = new Map<string, string>();
  const key = (service: string, username: string) => JSON.stringify([service, username]);
  const bytesOf = (secret: string | Uint8Array) =>
    (typeof secret === "string" ? new TextEncoder().encode(secret) : secret).toBase64();
  for (const { service, username, secret } of (await parseCsv(file)).entries) {
    found.set(key(service, username), bytesOf(secret));
  }
  return found.size === entries.length &&
    entries.every(({ service, username, secret }) =>
      found.get(key(service, username)) === bytesOf(secret)
    );
}
