// After a call no buffer of ours holds the secret any more, whatever became of the call. Strings
// are out of anyone's reach; buffers are not.

import { assert, assertEquals, assertGreater } from "@std/assert";
import { main } from "../src/cli/main.ts";
import { MacOSKeyring } from "../src/backends/macos/backend.ts";
import { SecretServiceKeyring } from "../src/backends/secret_service/backend.ts";
import type { Keyring } from "../src/keyring.ts";
import { LineEditor } from "../src/cli/line_editor.ts";
import { promptPassword } from "../src/cli/prompt.ts";
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
      const result = await run("/x", { args: [], stdin, timeoutMs: hangs ? 50 : 60_000 }).finally(
        () => stdin.fill(0),
      );
      assertEquals([holdsMarker(result.stdout), holdsMarker(result.stderr)], [true, true]);
      result.stdout.fill(0);
      result.stderr.fill(0);
    });
    assertEquals(left, 0, hangs ? "at the time limit" : "at its end");
  }
});

Deno.test("SecretServiceKeyring leaves no secret in its buffers", async () => {
  const keyring = new SecretServiceKeyring({
    secretTool: "/usr/bin/secret-tool",
    timeoutMs: 60_000,
  });
  for (const stored of [MARKER, `os-keyring-base64:${btoa(`${MARKER}\0`)}`]) {
    const tool = secretTool(stored);
    assertEquals(await leftovers(tool, () => keyring.getPassword("S", "U")), 0);
    assertEquals(await leftovers(tool, () => keyring.getCredential("S")), 0);
  }
  const tool = keeper(new Map());
  assertEquals(await leftovers(tool, () => keyring.setPassword("S", "U", MARKER)), 0);
  assertEquals(await leftovers(tool, () => keyring.setPassword("S", "U", `${MARKER}\0`)), 0);
  // What it finds when it reads back is what was there before.
  assertEquals(await leftovers(secretTool(MARKER), () => keyring.setPassword("S", "U", "x")), 0);
  const failing: FakeProgram = () => ({ code: 1, stdout: MARKER, stderr: "secret-tool: no" });
  assertEquals(await leftovers(failing, () => keyring.getPassword("S", "U")), 0);
  assertEquals(await leftovers(secretTool(MARKER), () => keyring.deletePassword("S", "U")), 0);
  assertEquals(await leftovers(failing, () => keyring.setPassword("S", "U", MARKER)), 0);
});

Deno.test("MacOSKeyring leaves no secret in its buffers", async () => {
  const keyring = new MacOSKeyring({ timeoutMs: 60_000 });
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

Deno.test("promptPassword() leaves no secret in its buffers", async () => {
  const typed = [new TextEncoder().encode(`${MARKER}\r`)];
  const terminal = {
    read: () => Promise.resolve(typed.shift()),
    show() {},
    [Symbol.dispose]() {},
  };
  using watch = new BufferWatch();
  assertEquals(await promptPassword("?", "", () => Promise.resolve(terminal)), MARKER);
  assert(watch.count > 0);
  assertEquals(watch.holding, 0);
});

// Programs that keep what they are given, as text, in which nobody looks for leftovers.

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

function securityKeeper(items: Map<string, string>): FakeProgram {
  return (_, line) => {
    if (line.startsWith("dump-")) return { stdout: [...items.keys()].map(dumped).join("") };
    const [, command = "", username, service, hex = ""] =
      /^(\S+).* "-a" "(.*?)" "-s" "(.*?)"(?: "-X" "(.*?)")?$/m.exec(line) ?? [];
    const key = JSON.stringify([service, username]);
    const found = items.get(key);
    if (command.startsWith("add-")) items.set(key, hex);
    else if (found === undefined && command !== "") {
      return { code: 44, stderr: `${command}: returned -25300\n` };
    }
    if (command.startsWith("delete-")) items.delete(key);
    const printed = found ? `0x${found.toUpperCase()} ` : "";
    return command.startsWith("find-") ? { stderr: `password: ${printed}\n` } : {};
  };
}

function dumped(key: string): string {
  const [service, username] = JSON.parse(key);
  const attributes = `    "acct"<blob>="${username}"\n    "svce"<blob>="${service}"\n`;
  return `keychain: "/k"\nclass: "genp"\n${attributes}`;
}

const STORES: [keyring: Keyring, keep: typeof keeper][] = [
  [new SecretServiceKeyring({ secretTool: "/usr/bin/secret-tool", timeoutMs: 60_000 }), keeper],
  [new MacOSKeyring({ timeoutMs: 60_000 }), securityKeeper],
];

for (const [keyring, keep] of STORES) {
  Deno.test(`a large secret in the ${keyring.name} leaves nothing in the buffers`, async () => {
    const items = new Map<string, string>();
    const large = MARKER.repeat(500);
    const clean = async (work: () => Promise<unknown>, program = keep(items)) =>
      assertEquals(await leftovers(program, work), 0);
    const found: (number | undefined)[] = [];
    const secret = new TextEncoder().encode(large);
    const setSecret = () => keyring.setSecret("S", "U", secret);
    for (const set of [() => keyring.setPassword("S", "U", large), setSecret]) {
      await clean(set);
      assertGreater(items.size, 2);
      await clean(async () => found.push((await keyring.getPassword("S", "U"))?.length));
      await clean(async () => found.push((await keyring.getCredential("S", "U"))?.password.length));
      await clean(async () => found.push((await keyring.getSecret("S", "U"))?.fill(0).length));
    }
    assertEquals(found, new Array(6).fill(large.length));
    await clean(() => keyring.setPassword("S", "U", `${large}!`));
    for (const [index, key] of [...items.keys()].entries()) {
      const damaged = new Map(items);
      damaged.delete(key);
      await clean(() => keyring.getSecret("S", "U"), keep(damaged));
      await clean(() => keyring.setPassword("S", "U", large), fullAt(index, keep));
    }
    await clean(async () => await keyring.prune?.({ graceMs: 0 }));
    await clean(() => keyring.setPassword("S", "U", MARKER));
    await clean(() => keyring.setPassword("S", "U", large));
    await clean(() => keyring.deletePassword("S", "U"));
    assertEquals(items.size, 0);
  });
}

/** A program that fails when it has stored so many items. */
function fullAt(room: number, keep: typeof keeper): FakeProgram {
  const items = new Map<string, string>();
  return (args, input) => {
    const isStore = args[0] === "store" || input.startsWith("add-");
    if (isStore && items.size >= room) return { code: 1, stderr: "secret-tool: full" };
    return keep(items)(args, input);
  };
}

Deno.test("the caller's own bytes are left alone", async () => {
  using _ = new FakeCommand(keeper(new Map()));
  const secret = new TextEncoder().encode(MARKER);
  await new SecretServiceKeyring({ secretTool: "/usr/bin/secret-tool", timeoutMs: 60_000 })
    .setSecret("S", "U", secret);
  assertEquals(new TextDecoder().decode(secret), MARKER);
});

Deno.test("the command leaves no secret in its buffers", async () => {
  const keyring = new SecretServiceKeyring({
    secretTool: "/usr/bin/secret-tool",
    timeoutMs: 60_000,
  });
  const choose = () => Promise.resolve({ keyring, id: "memory", by: "the test" });
  const get = (args: string[]) => main(args, { choose, writeOut: () => Promise.resolve() });
  for (const args of [["get", "S", "U"], ["get", "S", "--mode", "creds", "--output", "json"]]) {
    assertEquals(await leftovers(secretTool(MARKER), () => get(args)), 0);
  }
  const parts = { choose, stdin: { isTerminal: () => false, read: piped() } };
  assertEquals(await leftovers(keeper(new Map()), () => main(["set", "S", "U"], parts)), 0);
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
