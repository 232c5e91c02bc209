// @environment unit, windows
//
// Each example on a keyring in memory.

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { main as nightlyReport, SERVICE, USERNAME } from "../examples/nightly_report.ts";
import { main as readCmdkey } from "../examples/read_cmdkey.ts";
import { main as rdpLogons } from "../examples/rdp_logons.ts";
import { main as rotatePassword } from "../examples/rotate_password.ts";
import { CredentialManager } from "../windows.ts";
import { runScript } from "./fixtures/command.ts";
import { TemporaryFile } from "./support/temporary_file.ts";
import { MemoryKeyring, PasswordSetError, setKeyring } from "../mod.ts";

// Opened outside the tests, because the libraries stay open and the sanitizer would report them.
if (Deno.build.os === "windows") new CredentialManager().account();

const EXAMPLES = new URL("../examples/", import.meta.url);
const NOT_ON_WINDOWS = { ignore: Deno.build.os === "windows" };

interface Printed {
  code: number;
  out: string;
  err: string;
}

/** Keeps what an example prints. */
async function printed(work: () => number | Promise<number>): Promise<Printed> {
  const { log, error } = console;
  const texts = { out: "", err: "" };
  console.log = (...values) => void (texts.out += `${values.join(" ")}\n`);
  console.error = (...values) => void (texts.err += `${values.join(" ")}\n`);
  try {
    return { code: await work(), ...texts };
  } finally {
    Object.assign(console, { log, error });
  }
}

async function keyringWith(...entries: [string, string, string][]): Promise<MemoryKeyring> {
  const keyring = new MemoryKeyring();
  for (const entry of entries) await keyring.setPassword(...entry);
  setKeyring(keyring);
  return keyring;
}

function piped(text: string | Uint8Array<ArrayBuffer>): ReadableStream<Uint8Array<ArrayBuffer>> {
  const { body } = new Response(text);
  assert(body);
  return body;
}

/** An API that knows one token. */
async function withApi(work: (url: string) => Promise<void>): Promise<void> {
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, (request) => {
    const known = request.headers.get("authorization") === "Bearer made-up token";
    const isReport = new URL(request.url).pathname === "/reports/today";
    return known && isReport
      ? new Response("all is well")
      : new Response("who are you?", { status: 401 });
  });
  try {
    await work(`http://127.0.0.1:${server.addr.port}`);
  } finally {
    await server.shutdown();
  }
}

Deno.test("the README names every example", async () => {
  const readme = await Deno.readTextFile(new URL("../README.md", import.meta.url));
  for await (const { name } of Deno.readDir(EXAMPLES)) {
    assertStringIncludes(readme, `(./examples/${name})`);
  }
});

Deno.test("nightly_report.ts calls an API with its token", async () => {
  await withApi(async (url) => {
    await keyringWith([SERVICE, USERNAME, "made-up token"]);
    const done = { code: 0, out: "all is well\n", err: "" };
    assertEquals(await printed(() => nightlyReport([url])), done);
    await keyringWith([SERVICE, USERNAME, "made-up but revoked"]);
    const refused = { code: 1, out: "", err: "The API answers 401: who are you?\n" };
    assertEquals(await printed(() => nightlyReport([url])), refused);
    await keyringWith();
    const { code, err } = await printed(() => nightlyReport([url]));
    assertEquals([code, err], [
      1,
      "There is no token. Store it: keyring set https://api.example.com nightly\n",
    ]);
  });
});

Deno.test("rotate_password.ts gives every entry the new password", async () => {
  const keyring = await keyringWith(["a", "svc", "old"], ["b", "svc", "old"], ["c", "svc", "old"]);
  const rotate = (services: string[], password = "nëw\n") =>
    printed(() => rotatePassword(["svc", ...services], piped(password)));
  const held = () => Promise.all(["a", "b", "c"].map((each) => keyring.getPassword(each, "svc")));
  const missing = await rotate(["a", "x", "b", "y"]);
  const reason = "svc has no entry for x, y; nothing was changed\n";
  assertEquals(missing, { code: 1, out: "", err: reason });
  assertEquals((await rotate(["a"], "\n")).code, 1);
  assertEquals((await rotate([])).code, 2);
  assertEquals(await held(), ["old", "old", "old"]);
  const done = await rotate(["a", "b"]);
  assertEquals(done, { code: 0, out: "Changed: svc for a\nChanged: svc for b\n", err: "" });
  assertEquals(await held(), ["nëw", "nëw", "old"]);
});

Deno.test("rotate_password.ts tells which entries still have the old password", async () => {
  const keyring = await keyringWith(["a", "svc", "old"], ["b", "svc", "old"], ["c", "svc", "old"]);
  const { setPassword } = keyring;
  keyring.setPassword = (service, ...rest) =>
    service === "b"
      ? Promise.reject(new PasswordSetError("it is full", { operation: "set", service }))
      : setPassword.call(keyring, service, ...rest);
  const { code, out, err } = await printed(() =>
    rotatePassword(["svc", "a", "b", "c"], piped("new"))
  );
  assertEquals([code, out], [1, "Changed: svc for a\n"]);
  assertStringIncludes(err, "it is full\nNot changed: b, c. Run it again.\n");
  assert(!err.includes("new") && !err.includes("old"));
  assertEquals(await keyring.getPassword("c", "svc"), "old");
});

/** Runs an example as a process of its own, whose keyring is an encrypted file. */
async function runExample(
  { path, identityFile }: TemporaryFile,
  args: string[],
  input = "",
): Promise<{ code: number; output: string }> {
  const [name = "", ...rest] = args;
  const script = new URL(name, EXAMPLES).href;
  const env = { KEYRING_BACKEND: "file", KEYRING_FILE: path, KEYRING_FILE_IDENTITY: identityFile };
  const { code, out, err } = await runScript(script, ["-A"], rest, input, env);
  return { code, output: out + err };
}

Deno.test("seed_machine.ts stores what a new machine lacks", async () => {
  await using encrypted = await TemporaryFile.create();
  const keyring = encrypted.open();
  await keyring.setPassword("my_app", "alice", "kept");
  const path = `${encrypted.folder}/entries.csv`;
  const seed = async (csv: string) => {
    await Deno.writeTextFile(path, csv);
    return await runExample(encrypted, ["seed_machine.ts", path]);
  };
  const wrong = await seed("service,username,password\nmy_app,bob,made-up\n,carol,x\n");
  assertEquals([wrong.code, await keyring.getPassword("my_app", "bob")], [1, null]);
  assertStringIncludes(wrong.output, "line 3");
  const csv = 'service,username,password\nmy_app,alice,new\nmy_app,bob,"made-up, ""quoted"""\n';
  for (const expected of ["stored 1, replaced 0, skipped 1", "stored 0, replaced 0, skipped 2"]) {
    const { code, output } = await seed(csv);
    assertEquals(code, 0, output);
    assertStringIncludes(output, expected);
  }
  assertEquals(await keyring.getPassword("my_app", "alice"), "kept");
  assertEquals(await keyring.getPassword("my_app", "bob"), 'made-up, "quoted"');
});

Deno.test("scheduled_task.ts stores the token that the task reads", async () => {
  await using encrypted = await TemporaryFile.create();
  const run = (command: string[], input?: string) =>
    runExample(encrypted, ["scheduled_task.ts", ...command], input);
  assertEquals((await run([])).code, 2);
  assertEquals((await run(["check"])).code, 1);
  assertEquals((await run(["store"], "made-up token\n")).code, 0);
  const { code, output } = await run(["check"]);
  assertEquals(code, 0, output);
  assertStringIncludes(output, "has its token for https://api.example.com");
  setKeyring(encrypted.open());
  await withApi(async (url) => {
    assertEquals((await printed(() => nightlyReport([url]))).out, "all is well\n");
  });
});

Deno.test("the examples for Windows fail in one sentence elsewhere", NOT_ON_WINDOWS, async () => {
  for (
    const work of [() => readCmdkey(["t"]), () => rdpLogons(["EXAMPLE\\a", "s"], piped("made-up"))]
  ) {
    const { code, out, err } = await printed(work);
    assertEquals([code, out], [1, ""]);
    assertMatch(err, /^Cannot [^\n]*advapi32\.dll cannot be opened\n$/);
  }
  assertEquals((await printed(() => readCmdkey([]))).code, 2);
  assertEquals((await printed(() => rdpLogons(["EXAMPLE\\a"]))).code, 2);
});

Deno.test("the examples refuse an empty password", async () => {
  const keyring = await keyringWith(["a", "svc", "old"]);
  for (const main of [rotatePassword, rdpLogons]) {
    for (const input of ["", "\r\n"]) {
      const { code, err } = await printed(() => main(["svc", "a"], piped(input)));
      assertEquals(code, 1);
      assertMatch(err, /password is empty; nothing was changed/);
    }
  }
  assertEquals(await keyring.getPassword("a", "svc"), "old");
});

Deno.test("the examples refuse a password that is not UTF-8", async () => {
  await keyringWith(["a", "svc", "old"]);
  for (const main of [rotatePassword, rdpLogons]) {
    const outcome = await printed(() => main(["svc", "a"], piped(Uint8Array.of(0x41, 0xff))))
      .catch((error) => error);
    assert(outcome instanceof TypeError);
  }
});
