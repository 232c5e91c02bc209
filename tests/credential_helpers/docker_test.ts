// docker's credential helper, by the vectors of its protocol. What docker itself sends,
// tests/parties/docker_test.ts finds out.

import { assertEquals, assertMatch } from "@std/assert";
import meta from "../../deno.json" with { type: "json" };
import { MemoryKeyring } from "../../src/backends/memory.ts";
import { NullKeyring } from "../../src/backends/null.ts";
import { KeyringLockedError, PasswordSetError } from "../../src/errors.ts";
import type { EntryInfo, Keyring, ListOptions } from "../../src/keyring.ts";
import { counting, docker, eachKeyring, type Outcome } from "./helpers.ts";

const DONE = { code: 0, out: "", err: "" };
const HUB = "https://index.docker.io/v1/";
const MISSING = failure("credentials not found in native keychain");

function failure(sentence: string): Outcome {
  return { code: 1, out: `${sentence}\n`, err: "" };
}

function store(keyring: Keyring, ServerURL: string, Username: string, Secret: string) {
  return docker(keyring, "store", `${JSON.stringify({ ServerURL, Username, Secret })}\n`);
}

eachKeyring("docker stores, gets, lists and erases a password", async (keyring) => {
  assertEquals(await docker(keyring, "get", HUB), MISSING);
  assertEquals(await docker(keyring, "list", "unused"), { ...DONE, out: "{}\n" });
  assertEquals(await store(keyring, HUB, "alice", 'pässwörd"\n🔑'), DONE);
  assertEquals(await docker(keyring, "get", ` ${HUB}\r\n`), {
    ...DONE,
    out: `{"ServerURL":"${HUB}","Username":"alice","Secret":"pässwörd\\"\\n🔑"}\n`,
  });
  assertEquals(await store(keyring, "127.0.0.1:5000", "bob", "p"), DONE);
  assertEquals(await docker(keyring, "list"), {
    ...DONE,
    out: `{"127.0.0.1:5000":"bob","${HUB}":"alice"}\n`,
  });
  assertEquals(await keyring.getPassword(`docker:${HUB}`, "alice"), 'pässwörd"\n🔑');
  for (const [server, left] of [[HUB, 1], [HUB, 1], ["http://127.0.0.1:5000", 1]] as const) {
    assertEquals(await docker(keyring, "erase", server), DONE);
    assertEquals((await keyring.list()).length, left);
  }
  assertEquals(await docker(keyring, "erase", "127.0.0.1:5000\n"), DONE);
  assertEquals(await docker(keyring, "list"), { ...DONE, out: "{}\n" });
});

Deno.test("docker's identity tokens come back as Go writes them", async () => {
  const keyring = new MemoryKeyring();
  const input =
    '{"ServerURL":"r.example","Username":"\\u003ctoken\\u003e","Secret":"a&b<c\\u2028"}\n';
  assertEquals(await docker(keyring, "store", input), DONE);
  assertEquals(await keyring.getPassword("docker:r.example", "<token>"), "a&b<c\u2028");
  assertEquals(await docker(keyring, "get", "r.example"), {
    ...DONE,
    out: '{"ServerURL":"r.example","Username":"\\u003ctoken\\u003e",' +
      '"Secret":"a\\u0026b\\u003cc\\u2028"}\n',
  });
  const long = "x".repeat(100_000);
  assertEquals(await store(keyring, "r.example", "<token>", long), DONE);
  assertEquals(JSON.parse((await docker(keyring, "get", "r.example")).out).Secret, long);
});

eachKeyring("docker knows one user of a server, the last one", async (keyring) => {
  await store(keyring, "r.example", "alice", "a");
  await store(keyring, "r.example:5000", "alice", "b");
  await store(keyring, "r.example", "bob", "c");
  assertEquals(JSON.parse((await docker(keyring, "get", "r.example")).out).Username, "bob");
  assertEquals(
    (await docker(keyring, "list")).out,
    '{"r.example":"bob","r.example:5000":"alice"}\n',
  );
  assertEquals((await keyring.list()).length, 2);
});

/** Lists entries as a store of other programs has them: the one that was written first, first. */
class Dated extends MemoryKeyring {
  override async list(options?: ListOptions): Promise<EntryInfo[]> {
    const found = await super.list(options);
    return found.map((info, index) => ({ ...info, modified: new Date(1_000 * index) }));
  }
}

Deno.test("docker gets the user that was stored last, by whichever program", async () => {
  const keyring = new Dated();
  for (const user of ["alice", "bob"]) await keyring.setPassword("docker:r.example", user, user);
  assertEquals(JSON.parse((await docker(keyring, "get", "r.example")).out).Username, "bob");
  assertEquals((await docker(keyring, "list")).out, '{"r.example":"bob"}\n');
});

/** Holds one user of a server, and stores nothing but what was there before. */
class Single extends MemoryKeyring {
  override async setPassword(service: string, username: string, password: string): Promise<void> {
    const details = { operation: "set", service, username } as const;
    if (username !== "alice") throw new PasswordSetError("it is full", details);
    await super.setPassword(service, username, password);
  }
}

Deno.test("docker keeps the user that was there where another one cannot be stored", async () => {
  const keyring = new Single();
  await store(keyring, "r.example", "alice", "a");
  assertEquals((await store(keyring, "r.example", "bob", "b")).code, 1);
  assertEquals(await keyring.getPassword("docker:r.example", "alice"), "a");
});

Deno.test("docker writes nothing that is there already", async () => {
  const { keyring, calls } = counting(new MemoryKeyring());
  await store(keyring, "r.example", "alice", "a");
  await store(keyring, "r.example", "alice", "a");
  assertEquals(calls.filter((call) => call === "setPassword").length, 1);
});

Deno.test("docker finds no empty secret", async () => {
  const keyring = new MemoryKeyring();
  await store(keyring, "r.example", "alice", "a");
  assertEquals(await store(keyring, "r.example", "alice", ""), DONE);
  assertEquals(await docker(keyring, "get", "r.example"), MISSING);
});

Deno.test("docker's callers may leave parts of a server out, where one only is meant", async () => {
  const keyring = new MemoryKeyring();
  for (
    const [server, user] of [
      [HUB, "hub"],
      ["r.example:5000", "bare"],
      ["https://s.example", "with scheme"],
      ["https://t.example/a", "a"],
      ["https://t.example/b", "b"],
    ] as const
  ) await store(keyring, server, user, "secret");
  const cases = {
    "index.docker.io": "hub",
    "https://index.docker.io": "hub",
    "https://index.docker.io/v1": "hub",
    "https://r.example:5000": "bare",
    "http://r.example:5000/v2/": "bare",
    "s.example": "with scheme",
    "https://s.example/": "with scheme",
    "https://t.example/a/": "a",
    "t.example/b": "b",
    "t.example": undefined,
    "http://s.example": undefined,
    "r.example": undefined,
    "r.example:5001": undefined,
    "https://t.example/c": undefined,
    "example": undefined,
  };
  for (const [server, user] of Object.entries(cases)) {
    const { code, out } = await docker(keyring, "get", server);
    if (user === undefined) assertEquals({ code, out, err: "" }, MISSING, server);
    else {
      assertEquals(JSON.parse(out), { ServerURL: server, Username: user, Secret: "secret" });
    }
  }
  // An exact one comes first, and another one is never erased.
  await store(keyring, "index.docker.io", "exact", "secret");
  assertMatch((await docker(keyring, "get", "index.docker.io")).out, /"exact"/);
  await docker(keyring, "erase", "https://index.docker.io");
  await docker(keyring, "erase", "s.example");
  assertEquals((await keyring.list()).length, 6);
});

Deno.test("docker does not list or find entries that are not docker's", async () => {
  const keyring = new MemoryKeyring();
  await keyring.setPassword("r.example", "alice", "other");
  await keyring.setPassword("docker:", "alice", "other");
  assertEquals(await docker(keyring, "list"), { ...DONE, out: "{}\n" });
  assertEquals(await docker(keyring, "get", "r.example"), MISSING);
  assertEquals(await docker(keyring, "erase", "r.example"), DONE);
  assertEquals((await keyring.list()).length, 2);
});

Deno.test("docker's wrong input is answered by its own sentences, which show nothing of it", async () => {
  const { keyring, calls } = counting(new MemoryKeyring());
  for (const operation of ["get", "erase"]) {
    for (const input of ["", " \n"]) {
      assertEquals(await docker(keyring, operation, input), failure("no credentials server URL"));
    }
  }
  assertEquals(await store(keyring, "", "u", "pw"), failure("no credentials server URL"));
  assertEquals(await store(keyring, "r.example", "", "pw"), failure("no credentials username"));
  assertEquals(await docker(keyring, "store", "{}"), failure("no credentials server URL"));
  for (const input of ["pw", "", "null", '"pw"', '{"Secret":"pw"']) {
    assertEquals(
      await docker(keyring, "store", input),
      failure("the input is not a JSON object"),
    );
  }
  assertEquals(
    await docker(keyring, "store", '{"ServerURL":"r","Username":"u","Secret":1}'),
    failure("the credentials are not strings"),
  );
  const { code, out } = await docker(keyring, "get", Uint8Array.of(0x70, 0x77, 0xe4));
  assertEquals(code, 1);
  assertMatch(out, /^[^\n]*line 1 is not valid UTF-8[^\n]*\n$/);
  assertEquals(calls, []);
});

Deno.test("docker's operations and arguments are those of its own helpers", async () => {
  const keyring = new NullKeyring();
  const version = { ...DONE, out: `docker-credential-keyring (${meta.name}) ${meta.version}\n` };
  for (const operation of ["version", "--version", "-v"]) {
    assertEquals(await docker(keyring, operation), version);
  }
  const usage = failure("Usage: docker-credential-keyring <store|get|erase|list|version>");
  assertEquals(await docker(keyring, []), usage);
  for (const operation of ["--help", "-h"]) {
    assertEquals(await docker(keyring, operation), { ...usage, code: 0 });
  }
  assertEquals(await docker(keyring, ["get", "r.example"]), usage);
  for (const operation of ["login", "GET", "__proto__"]) {
    assertEquals(
      await docker(keyring, operation),
      failure(`docker-credential-keyring: unknown action: ${operation}`),
    );
  }
});

Deno.test("docker is told in one sentence that the keyring is locked", async () => {
  const keyring = new MemoryKeyring();
  const details = { operation: "list", service: "s\nt" } as const;
  keyring.list = () => Promise.reject(new KeyringLockedError("the keyring is locked", details));
  const locked = failure('Cannot list the entries for "s\\nt": the keyring is locked');
  assertEquals(await docker(keyring, "get", "r.example"), locked);
  assertEquals(await docker(keyring, "list"), locked);
  assertEquals(await docker(keyring, "erase", "r.example"), locked);
});
