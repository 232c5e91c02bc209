// @environment unit, windows
//
// `keyring windows` and what else of the command line is about Windows, on a manager in memory.

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { main } from "../../src/cli/main.ts";
import type { Context, Manager } from "../../src/cli/command.ts";
import { MemoryKeyring } from "../../src/backends/memory.ts";
import { select, withSecret } from "../../src/backends/windows/manager_convert.ts";
import { fitColumns } from "../../src/cli/columns.ts";
import { COMMANDS } from "../../src/cli/commands.ts";
import { encodeUtf16, type StoredCredential } from "../../src/backends/windows/structs.ts";
import { TEXT } from "../../src/backends/windows/target.ts";
import { StoreKeyring } from "../../src/store_keyring.ts";
import type { CredentialToWrite } from "../../windows.ts";

interface Outcome {
  code: number;
  out: string;
  err: string;
}

const TYPE = { "generic": 1, "domain-password": 2 } as const;

function stored(
  target: string,
  blob: Uint8Array,
  other: Partial<StoredCredential> = {},
): StoredCredential {
  return {
    target,
    blob,
    type: 1,
    userName: "alice",
    comment: "",
    persist: 2,
    lastWritten: new Date(0),
    targetAlias: "",
    attributes: [],
    ...other,
  };
}

function managerWith(
  written: CredentialToWrite[],
  ...held: StoredCredential[]
): Context["manager"] {
  const find = (target: string, type = "generic") =>
    held.find((each) => each.target === target && each.type === TYPE[type as "generic"]);
  const manager: Manager = {
    read(target, type, options = {}) {
      const found = find(target, type);
      return found
        ? withSecret({ ...found, blob: found.blob.slice() }, options.encoding ?? "auto")
        : null;
    },
    write: (credential) => {
      const { secret } = credential;
      const copy = typeof secret === "string" ? secret : secret.slice();
      written.push({ ...credential, secret: copy });
    },
    delete: (target, type) => find(target, type) !== undefined,
    // deno-lint-ignore no-explicit-any -- one of the overloads is enough here
    enumerate: (options: any = {}): any[] =>
      held.filter(select(options).meant).map((each) => withSecret(each, "bytes")),
  };
  return () => Promise.resolve(manager);
}

const HELD = [
  stored("git:https://github.com", encodeUtf16("né"), { comment: "a comment", persist: 3 }),
  stored("bytes", Uint8Array.of(0xff, 0, 0xd8)),
  stored("TERMSRV/server", new Uint8Array(), { type: 2, userName: "EXAMPLE\\alice" }),
];

async function run(
  args: string[],
  { input = "", written = [], ...context }: Partial<Context> & {
    input?: string | Uint8Array<ArrayBuffer>;
    written?: CredentialToWrite[];
  } = {},
): Promise<Outcome> {
  const out: string[] = [];
  const err: string[] = [];
  const reader = new Blob([input]).stream().getReader();
  const code = await main(args, {
    stdin: {
      isTerminal: () => false,
      async read(buffer) {
        const { value } = await reader.read();
        if (!value) return null;
        buffer.set(value);
        return value.length;
      },
    },
    writeOut: (bytes) => Promise.resolve(void out.push(new TextDecoder().decode(bytes))),
    writeErr: (bytes) => Promise.resolve(void err.push(new TextDecoder().decode(bytes))),
    manager: managerWith(written, ...HELD),
    columns: () => undefined,
    os: "windows",
    ...context,
  });
  return { code, out: out.join(""), err: err.join("") };
}

Deno.test("windows read prints the secret", async () => {
  const git = "git:https://github.com";
  assertEquals(await run(["windows", "read", git]), { code: 0, out: "né\n", err: "" });
  assertEquals((await run(["windows", "read", git, "-n"])).out, "né");
  assertEquals(await run(["windows", "read", "none"]), { code: 1, out: "", err: "" });
  assertEquals((await run(["windows", "read", "--encoding", "bytes", git])).out, "n\0\ufffd\0");
  const { out } = await run(["windows", "read", git, "--output", "json"]);
  assertEquals(
    out,
    '{"target": "git:https://github.com", "type": "generic", "userName": "alice", ' +
      '"persist": "enterprise", "comment": "a comment", ' +
      '"lastWritten": "1970-01-01T00:00:00.000Z", "secret": "n\\u00e9"}\n',
  );
});

Deno.test("windows read does not pass bytes for text", async () => {
  const { code, out, err } = await run(["windows", "read", "bytes"]);
  assertEquals([code, out], [1, ""]);
  assertEquals(err, "keyring: The secret is not text; read it with --encoding bytes\n");
  const json = await run(["windows", "read", "bytes", "--output", "json"]);
  assertStringIncludes(json.out, '"secret": {"base64": "/wDY"}');
});

Deno.test("windows read says that Windows keeps the secret of a domain password", async () => {
  const args = ["windows", "read", "TERMSRV/server", "--type", "domain-password"];
  const { code, err } = await run(args);
  assertEquals(code, 1);
  assertStringIncludes(err, "does not hand out the secret of a domain-password");
});

Deno.test("windows write stores what is piped in, with all that is named", async () => {
  const written: CredentialToWrite[] = [];
  const args = ["windows", "write", "TERMSRV/server", "--type=domain-password"];
  const rest = ["--user", "EXAMPLE\\alice", "--persist", "enterprise", "--comment", "why"];
  const outcome = await run([...args, ...rest], { input: "pw\n", written });
  assertEquals(outcome, { code: 0, out: "", err: "" });
  assertEquals(written, [{
    target: "TERMSRV/server",
    type: "domain-password",
    secret: "pw",
    userName: "EXAMPLE\\alice",
    persist: "enterprise",
    comment: "why",
  }]);
});

Deno.test("windows write stores every byte of bytes", async () => {
  const written: CredentialToWrite[] = [];
  const input = Uint8Array.of(0xff, 0, 0x0a);
  await run(["windows", "write", "t", "--encoding", "bytes"], { input, written });
  assertEquals(written, [{ target: "t", type: "generic", secret: input }]);
  await run(["windows", "write", "t", "--encoding", "utf-8"], { input: "é", written });
  assertEquals(written[1], { target: "t", type: "generic", secret: "é", encoding: "utf-8" });
});

Deno.test("windows write asks a person", async () => {
  const written: CredentialToWrite[] = [];
  const stdin = { isTerminal: () => true, read: () => Promise.resolve(null) };
  const prompt = (question: string) => Promise.resolve(`typed at ${question}`);
  await run(["windows", "write", "a\nb"], { written, stdin, prompt });
  assertEquals(written[0]?.secret, "typed at Secret for 'a\\u000ab': ");
});

Deno.test("windows delete fails in one sentence when there is none", async () => {
  assertEquals(await run(["windows", "delete", "bytes"]), { code: 0, out: "", err: "" });
  assertEquals(await run(["windows", "delete", "none"]), {
    code: 1,
    out: "",
    err: "keyring: Cannot delete 'none': there is no such credential\n",
  });
});

Deno.test("windows list filters, lines up and shows no secret", async () => {
  const { out } = await run(["windows", "list"]);
  assertEquals(out.trimEnd().split("\n").map((line) => line.split(/ {2,}/)), [
    ["git:https://github.com", "generic", "enterprise", "alice"],
    ["bytes", "generic", "local", "alice"],
    ["TERMSRV/server", "domain-password", "local", "EXAMPLE\\alice"],
  ]);
  assertEquals(
    (await run(["windows", "list", "--type", "generic", "b*"])).out.split(" ")[0],
    "bytes",
  );
  assertEquals(await run(["windows", "list", "none"]), { code: 0, out: "", err: "" });
  const json = await run(["windows", "list", "GIT:*", "--output", "json"]);
  assertMatch(json.out, /^\[\{"target": "git:https:\/\/github.com", [^[]*\}\]\n$/);
  assertEquals(json.out.includes("secret"), false);
  assertEquals(
    (await run(["list", "--all", "--target", "TERMSRV/*"])).out.split(" ")[0],
    "TERMSRV/server",
  );
});

Deno.test("list --target keeps the services that fit", async () => {
  const keyring = new MemoryKeyring();
  for (const service of ["git:https://github.com", "git:x", "other"]) {
    await keyring.setPassword(service, "alice", "secret");
  }
  const choose = () => Promise.resolve({ keyring, id: "memory", by: "the test" });
  const { out } = await run(["list", "--target", "GIT:*"], { choose, os: "linux" });
  assertEquals(out, "git:https://github.com  alice\ngit:x                   alice\n");
  const elsewhere = await run(["list", "--all"], { choose, os: "linux" });
  assertEquals(
    elsewhere.err,
    "keyring: This system has no Credential Manager, which is part of Windows\n",
  );
});

Deno.test("lists fit the terminal", async () => {
  const { out } = await run(["windows", "list"], { columns: () => 40 });
  assert(out.includes("…"));
  assert(out.trimEnd().split("\n").every((line) => line.length <= 40), out);
  assertEquals(fitColumns([30, 5, 20], 40), [15, 5, 16]);
  assertEquals(fitColumns([3, 3], 80), [3, 3]);
  assertEquals(fitColumns([30, 30], 2), [8, 8]);
});

Deno.test("windows without what it needs is a usage error", async () => {
  const cases: [string[], string][] = [
    [["windows"], "windows requires a command (read, write, delete, list)"],
    [
      ["windows", "frob"],
      "argument command: invalid choice: 'frob' (choose from 'read', 'write', 'delete', 'list')",
    ],
    [["windows", "--type", "generic"], "windows requires a command (read, write, delete, list)"],
    [["windows", "read"], "windows read requires a target"],
    [
      ["windows", "read", "t", "--persist", "local"],
      "windows read does not take --persist",
    ],
    [
      ["windows", "write", "t", "--persist", "x"],
      "argument --persist: invalid choice: 'x' " +
      "(choose from 'session', 'local', 'enterprise')",
    ],
    [
      ["windows", "write", "t", "--type", "domain-certificate"],
      "write stores only the types " +
      "generic and domain-password",
    ],
    [["get", "--type", "generic", "a"], "get does not take --type"],
  ];
  for (const [args, message] of cases) {
    const { code, out, err } = await run(args);
    assertEquals([code, out], [2, ""]);
    assertEquals(err.trimEnd().split("\n").at(-1), `keyring: error: ${message}`);
  }
  const { code, err } = await run(["windows", "write", "t", "hunter2"]);
  assertEquals(code, 2);
  assertEquals(err.includes("hunter2"), false);
});

/** A keyring as that of Windows, with an entry of another program. */
function keyringWith(blob: Uint8Array): StoreKeyring {
  return new StoreKeyring({
    name: "Windows",
    limits: { unit: "characters", service: 100, username: 100 },
    text: TEXT,
    read: () => Promise.resolve({ bytes: blob.slice() }),
    write: () => Promise.resolve([]),
    remove: () => Promise.resolve(null),
    list: () => Promise.resolve([{ service: "svc", username: "usr" }]),
  });
}

function get(blob: Uint8Array, ...args: string[]): Promise<Outcome> {
  const choice = { keyring: keyringWith(blob), id: "windows", by: "the test" };
  return run(["get", "svc", ...args], { choose: () => Promise.resolve(choice) });
}

Deno.test("get takes the encoding of another program's entry", async () => {
  const blob = encodeUtf16("扡摣");
  assertEquals((await get(blob, "usr")).out, "abcd\n");
  assertEquals((await get(blob, "usr", "--encoding", "auto")).out, "abcd\n");
  assertEquals((await get(blob, "usr", "--encoding=utf-16le")).out, "扡摣\n");
  assertEquals((await get(blob, "usr", "--encoding=utf-8")).out, "abcd\n");
  assertEquals((await get(blob, "--mode=creds", "--encoding=utf-16le")).out, "usr\n扡摣\n");
  const bytes = await get(Uint8Array.of(0xff, 0xff), "usr", "--encoding=utf-8");
  assertEquals([bytes.code, bytes.out], [1, ""]);
  assertStringIncludes(bytes.err, "not text");
  for (const args of [["--encoding=bytes"], ["--binary", "--encoding=utf-8"]]) {
    const { code, err } = await get(blob, "usr", ...args);
    assertEquals(code, 2);
    assertStringIncludes(err, "--binary prints the bytes");
  }
});

Deno.test("get --output json is ASCII, which every code page of a console leaves alone", async () => {
  const secret = "пароль é 密码 🔑 \u0080\n";
  for (const blob of [encodeUtf16(secret), new TextEncoder().encode(secret)]) {
    const { out } = await get(blob, "usr", "--output", "json");
    assertMatch(out, /^[\x20-\x7e]+\n$/);
    assertEquals(JSON.parse(out), { password: secret });
  }
});

Deno.test("each command of windows has its own help with an example", async () => {
  const commands = (await COMMANDS.find(({ name }) => name === "windows")?.load())?.commands ?? [];
  assertEquals(commands.map(({ name }) => name), ["read", "write", "delete", "list"]);
  for (const { name, examples } of commands) {
    const { code, out } = await run(["windows", name, "--help"]);
    assertEquals(code, 0);
    assertMatch(out, new RegExp(`^usage: keyring windows ${name} `));
    for (const example of examples) assertStringIncludes(out, example);
  }
  const { out } = await run(["windows", "--help"]);
  assertStringIncludes(out, "commands:\n  read TARGET ");
});

Deno.test("diagnose tells of the logon", async () => {
  const keyring = new MemoryKeyring();
  const types = {
    "generic": "session",
    "domain-password": null,
    "domain-certificate": null,
    "generic-certificate": null,
    "domain-extended": null,
  } as const;
  const context: Partial<Context> = {
    choose: () => Promise.resolve({ keyring, id: "memory", by: "the test" }),
    describeStores: () => Promise.resolve([]),
    describeLogon: () => Promise.resolve({ account: "SYSTEM", types }),
  };
  const { out } = await run(["diagnose"], context);
  assertStringIncludes(out, "account: SYSTEM (entries belong to it; ");
  assertStringIncludes(out, "logon stores: generic session, domain-password none, ");
  assertStringIncludes(out, "entries persist: no, they end at log-off\n");
  const describeLogon = () => Promise.resolve({ account: "alice", problem: "this logon has none" });
  const failed = await run(["diagnose"], { ...context, describeLogon });
  assertStringIncludes(failed.out, "logon: unknown: this logon has none\n");
});
