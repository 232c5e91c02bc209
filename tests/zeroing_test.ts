// After a call no buffer of ours holds the secret any more, whatever became of the call. Strings
// are out of anyone's reach; buffers are not.

import { assert, assertEquals, assertGreater } from "@std/assert";
import { main } from "../src/cli/main.ts";
import { MacOSKeyring } from "../src/backends/macos/backend.ts";
import { SecretServiceKeyring } from "../src/backends/secret_service/backend.ts";
import { LargeSecretKeyring } from "../src/large_secrets/large_secret_keyring.ts";
import { LineEditor } from "../src/cli/line_editor.ts";
import { run } from "../src/lib/subprocess.ts";
import { BufferWatch, holdsMarker, MARKER } from "./fixtures/buffer_watch.ts";
import { FakeCommand, type FakeProgram } from "./fixtures/fake_command.ts";

async function leftovers(program: FakeProgram, work: () => Promise<unknown>): Promise<number> {
  using command = new FakeCommand(program);
  using watch = new BufferWatch();
  await work().catch(() => {});
  assertGreater(command.chunks.length, 0);
  assertGreater(watch.count, 0);
  return watch.holding + command.chunks.filter(holdsMarker).length;
}

function secretTool(stored: string): FakeProgram {
  const attributes = "attribute.service = S\nattribute.username = U\n";
  return ([command]) => {
    if (command === "search") return { stderr: attributes };
    return command === "lookup" ? { stdout: stored } : {};
  };
}

function security(answer: string): FakeProgram {
  return (_, line) => line.startsWith("find-") ? { stderr: `password: ${answer}\n` } : {};
}

Deno.test("run() leaves nothing in its buffers when a program ends in time or does not", async () => {
  for (const hangs of [false, true]) {
    const printing = () => ({ stdout: MARKER, stderr: MARKER, hangs });
    const left = await leftovers(printing, async () => {
      const stdin = new TextEncoder().encode(MARKER);
      const result = await run("/x", { args: [], stdin, timeoutMs: 50 }).finally(() =>
        stdin.fill(0)
      );
      assertEquals([holdsMarker(result.stdout), holdsMarker(result.stderr)], [true, true]);
      result.stdout.fill(0);
      result.stderr.fill(0);
    });
    assertEquals(left, 0, hangs ? "at the time limit" : "at its end");
  }
});

Deno.test("SecretServiceKeyring leaves no secret in its buffers", async () => {
  const keyring = new SecretServiceKeyring({ timeoutMs: 1_000 });
  for (const stored of [MARKER, `os-keyring-base64:${btoa(`${MARKER}\0`)}`]) {
    const tool = secretTool(stored);
    assertEquals(await leftovers(tool, () => keyring.getPassword("S", "U")), 0);
    assertEquals(await leftovers(tool, () => keyring.getCredential("S")), 0);
  }
  const tool = secretTool("");
  assertEquals(await leftovers(tool, () => keyring.setPassword("S", "U", MARKER)), 0);
  assertEquals(await leftovers(tool, () => keyring.setPassword("S", "U", `${MARKER}\0`)), 0);
  // Empty at the first look, and at the second: something else, or an item that was cut off.
  for (const label of ["x", "Password of 'U' for 'S'"]) {
    const item = `[/1]\nlabel = ${label}\nsecret = ${label === "x" ? MARKER : ""}\ncreated = x\n`;
    const changing: FakeProgram = ([command, ...rest]) => {
      if (command === "lookup") return { stdout: rest.includes("os-keyring") ? MARKER : "" };
      const stderr = "attribute.service = S\nattribute.os-keyring-change = 1 a\n";
      return { stdout: rest[0] === "--all" ? "" : item, stderr };
    };
    const found = label === "x" ? undefined : MARKER;
    let read: string | null | undefined;
    const get = async () => read = await keyring.getPassword("S", "U");
    assertEquals([await leftovers(changing, get), read], [0, found]);
    assertEquals(await leftovers(changing, () => keyring.setPassword("S", "U", MARKER)), 0);
  }
  const failing: FakeProgram = () => ({ code: 1, stdout: MARKER, stderr: "secret-tool: no" });
  assertEquals(await leftovers(failing, () => keyring.getPassword("S", "U")), 0);
  assertEquals(await leftovers(failing, () => keyring.setPassword("S", "U", MARKER)), 0);
});

Deno.test("MacOSKeyring leaves no secret in its buffers", async () => {
  const keyring = new MacOSKeyring({ timeoutMs: 1_000 });
  const hex = [...MARKER].map((letter) => letter.charCodeAt(0).toString(16)).join("").toUpperCase();
  for (const answer of [`"${MARKER}"`, `0x${hex}  "${MARKER}"`, `0x${hex}`, `'${MARKER}'`]) {
    const tool = security(answer);
    assertEquals(await leftovers(tool, () => keyring.getPassword("S", "U")), 0, answer);
    assertEquals(await leftovers(tool, () => keyring.setPassword("S", "U", MARKER)), 0, answer);
  }
  const hanging: FakeProgram = () => ({ stderr: `password: "${MARKER}"\n`, hangs: true });
  const impatient = new MacOSKeyring({ timeoutMs: 50 });
  assertEquals(await leftovers(hanging, () => impatient.getPassword("S", "U")), 0);
});

/** A secret-tool that keeps what it is given, as text, in which nobody looks for leftovers. */
function keeper(items: Map<string, string>): FakeProgram {
  return ([command, ...rest], input) => {
    const names = rest.slice(rest.indexOf("service"));
    const key = JSON.stringify(names);
    const found = items.get(key);
    if (command === "store") items.set(key, input);
    if (command === "clear") items.delete(key);
    if (command === "lookup") return found === undefined ? { code: 1 } : { stdout: found };
    if (command !== "search" || found === undefined) return {};
    const [, service, , username] = names;
    return { stderr: `attribute.service = ${service}\nattribute.username = ${username}\n` };
  };
}

Deno.test("LargeSecretKeyring leaves no secret in its buffers", async () => {
  const items = new Map<string, string>();
  const keyring = new LargeSecretKeyring(new SecretServiceKeyring({ timeoutMs: 1_000 }));
  const large = MARKER.repeat(500);
  const clean = async (work: () => Promise<unknown>, program = keeper(items)) =>
    assertEquals(await leftovers(program, work), 0);
  await clean(() => keyring.setPassword("S", "U", large));
  assertGreater(items.size, 2);
  const found: (number | undefined)[] = [];
  await clean(async () => found.push((await keyring.getPassword("S", "U"))?.length));
  await clean(async () => found.push((await keyring.getCredential("S", "U"))?.password.length));
  await clean(async () => found.push((await keyring.getSecret("S", "U"))?.fill(0).length));
  assertEquals(found, [large.length, large.length, large.length]);
  await clean(() => keyring.setPassword("S", "U", `${large}!`));
  const keys = [...items.keys()];
  for (const key of keys) {
    const damaged = new Map(items);
    damaged.delete(key);
    await clean(() => keyring.getSecret("S", "U"), keeper(damaged));
    await clean(() => keyring.setPassword("S", "U", large), fullAt(items, key));
  }
  await clean(() => keyring.prune({ graceMs: 0 }));
  await clean(() => keyring.deletePassword("S", "U"));
});

/** A secret-tool that fails when it has stored as many items as stand before this one. */
function fullAt(items: Map<string, string>, key: string): FakeProgram {
  const room = [...items.keys()].indexOf(key);
  const own = new Map<string, string>();
  return (args, input) => {
    if (args[0] === "store" && own.size >= room) return { code: 1, stderr: "secret-tool: full" };
    return keeper(own)(args, input);
  };
}

Deno.test("the caller's own bytes are left alone", async () => {
  using _ = new FakeCommand(secretTool(""));
  const secret = new TextEncoder().encode(MARKER);
  await new SecretServiceKeyring({ timeoutMs: 1_000 }).setSecret("S", "U", secret);
  assertEquals(new TextDecoder().decode(secret), MARKER);
});

Deno.test("the command leaves no secret in its buffers", async () => {
  const keyring = new SecretServiceKeyring({ timeoutMs: 1_000 });
  const choose = () => Promise.resolve({ keyring, id: "memory", by: "the test" });
  const get = (args: string[]) => main(args, { choose, writeOut: () => Promise.resolve() });
  for (const args of [["get", "S", "U"], ["get", "S", "--mode", "creds", "--output", "json"]]) {
    assertEquals(await leftovers(secretTool(MARKER), () => get(args)), 0);
  }
  const parts = { choose, stdin: { isTerminal: () => false, read: piped() } };
  assertEquals(await leftovers(secretTool(""), () => main(["set", "S", "U"], parts)), 0);
});

function piped(): (buffer: Uint8Array) => Promise<number | null> {
  let rest = MARKER.repeat(300);
  return (buffer) => {
    if (rest === "") return Promise.resolve(null);
    const { read, written } = new TextEncoder().encodeInto(rest, buffer);
    rest = rest.slice(read);
    return Promise.resolve(written);
  };
}

Deno.test("a typed line leaves nothing once it is cleared, however long it grew", () => {
  using watch = new BufferWatch();
  const editor = new LineEditor();
  const typed = new TextEncoder().encode(MARKER.repeat(100));
  editor.feed(typed);
  typed.fill(0);
  assert(watch.holding > 0);
  editor.clear();
  assertEquals(watch.holding, 0);
});
