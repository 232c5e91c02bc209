// @environment unit, windows

import { assert, assertEquals, assertLess, assertRejects } from "@std/assert";
import { KeyringTimeoutError } from "../../../src/errors.ts";
import { TemporaryFile } from "../../support/temporary_file.ts";

// Wine takes a second to start each.
const PROCESSES = Deno.build.os === "windows" ? 20 : 50;
const ENTRIES = 20;

function start(script: string, args: string[]): Deno.ChildProcess {
  const url = new URL(`../../support/${script}.ts`, import.meta.url).href;
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", "--no-check", "--cached-only", url, ...args],
    stdin: "null",
    stdout: "piped",
  }).spawn();
}

Deno.test("processes that add twenty entries each, fifty at once, lose none", async () => {
  await using encrypted = await TemporaryFile.create();
  const numbers = Array.from({ length: PROCESSES }, (_, index) => index);
  const { path, identityFile } = encrypted;
  let running = PROCESSES;
  const codes = numbers.map(async (number) => {
    const child = start("file_writer", [path, identityFile, `service ${number}`, `${ENTRIES}`]);
    const { code } = await child.output();
    running--;
    return code;
  });
  const keyring = encrypted.open();
  // Who reads meanwhile finds a whole encrypted file each time, and never one that is older than before.
  for (let seen = 0; running > 0;) {
    const { length } = await keyring.list();
    assert(length >= seen, `${length} entries after ${seen}`);
    seen = length;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  assertEquals(await Promise.all(codes), numbers.map(() => 0));
  assertEquals((await keyring.list()).length, PROCESSES * ENTRIES);
  for (const number of numbers) {
    const service = `service ${number}`;
    assertEquals(await keyring.getPassword(service, "user 19"), `of ${service} 19`);
  }
});

Deno.test("writers of one process wait for each other, too", async () => {
  await using encrypted = await TemporaryFile.create();
  const keyrings = [encrypted.open(), encrypted.open()];
  const numbers = Array.from({ length: 20 }, (_, index) => index);
  await Promise.all(numbers.map((number) => {
    return keyrings[number % 2]?.setPassword("s", `user ${number}`, "made-up");
  }));
  assertEquals((await encrypted.open().list()).length, numbers.length);
});

Deno.test("writers wait for each other, too, who know the encrypted file by different names", {
  ignore: Deno.build.os === "windows",
}, async () => {
  await using encrypted = await TemporaryFile.create();
  const link = `${encrypted.folder}/link.age`;
  await Deno.symlink(encrypted.path, link);
  const { identityFile } = encrypted;
  const keyrings = [encrypted.open(), encrypted.open({ path: link, identityFile })];
  const numbers = Array.from({ length: 20 }, (_, index) => index);
  await Promise.all(numbers.map((number) => {
    return keyrings[number % 2]?.setPassword("s", `user ${number}`, "made-up");
  }));
  assertEquals((await encrypted.open().list()).length, numbers.length);
});

/** Runs a test while another process holds the lock, and kills that at the end. */
async function whileLocked(
  encrypted: TemporaryFile,
  test: (kill: () => void) => Promise<void>,
): Promise<void> {
  const child = start("file_holder", [`${encrypted.path}.lock`]);
  const reader = child.stdout.getReader();
  try {
    const { value } = await reader.read();
    assertEquals(new TextDecoder().decode(value).trim(), "held");
    await test(() => child.kill("SIGKILL"));
  } finally {
    await reader.cancel();
    try {
      child.kill("SIGKILL");
    } catch {
      // The test has done it.
    }
    await child.status;
  }
}

Deno.test("the lock of a process that died is taken over", async () => {
  await using encrypted = await TemporaryFile.create();
  await whileLocked(encrypted, async (kill) => {
    const stored = encrypted.open().setPassword("s", "u", "made-up");
    kill();
    await stored;
  });
  assertEquals(await encrypted.open().getPassword("s", "u"), "made-up");
});

Deno.test("a writer waits until its time limit, and a reader not at all", async () => {
  await using encrypted = await TemporaryFile.create();
  await whileLocked(encrypted, async () => {
    const { identityFile } = encrypted;
    const keyring = encrypted.open({ identityFile, timeoutMs: 200 });
    assertEquals(await keyring.getPassword("s", "u"), null);
    const begun = performance.now();
    const error = await assertRejects(
      () => keyring.setPassword("s", "u", "made-up"),
      KeyringTimeoutError,
    );
    assertLess(performance.now() - begun, 5_000);
    assert(error.message.includes("keyring.age.lock"), error.message);
    assertEquals(await keyring.getPassword("s", "u"), null);
  });
});

Deno.test("a writer that waits can be stopped", async () => {
  await using encrypted = await TemporaryFile.create();
  await whileLocked(encrypted, async () => {
    const controller = new AbortController();
    const stored = encrypted.open().setPassword("s", "u", "made-up", { signal: controller.signal });
    setTimeout(() => controller.abort(new DOMException("enough", "AbortError")), 50);
    assertEquals((await assertRejects(() => stored, DOMException)).message, "enough");
  });
  assertEquals(await encrypted.open().list(), []);
});
