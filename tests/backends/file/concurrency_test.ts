// @environment unit, windows

import { assert, assertEquals, assertLess, assertRejects } from "@std/assert";
import { KeyringTimeoutError } from "../../../src/errors.ts";
import { start, whileLocked } from "../../support/file_processes.ts";
import { TemporaryFile } from "../../support/temporary_file.ts";

// Wine takes a second to start each.
const PROCESSES = Deno.build.os === "windows" ? 20 : 50;
const ENTRIES = 6;

Deno.test("fifty processes that add six entries each at the same time lose none", async () => {
  await using temporary = await TemporaryFile.create();
  const numbers = Array.from({ length: PROCESSES }, (_, index) => index);
  const { path, identityFile } = temporary;
  const writers = numbers.map((number) =>
    start("file_writer", [path, identityFile, `service ${number}`, `${ENTRIES}`], "piped")
  );
  const outputs = writers.map(({ stdout }) => stdout.getReader());
  await Promise.all(outputs.map((output) => output.read()));
  let running = PROCESSES;
  const codes = writers.map(async (writer, number) => {
    await writer.stdin.close();
    const { code } = await writer.status;
    await outputs[number]?.cancel();
    running--;
    return code;
  });
  const keyring = temporary.open();
  // A concurrent reader finds a whole file each time, and never an older one than before.
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
    assertEquals(
      await keyring.getPassword(service, `user ${ENTRIES - 1}`),
      `of ${service} ${ENTRIES - 1}`,
    );
  }
});

Deno.test("writers in one process wait for each other", async () => {
  await using temporary = await TemporaryFile.create();
  const keyrings = [temporary.open(), temporary.open()];
  const numbers = Array.from({ length: 20 }, (_, index) => index);
  await Promise.all(numbers.map((number) => {
    return keyrings[number % 2]?.setPassword("s", `user ${number}`, "made-up");
  }));
  assertEquals((await temporary.open().list()).length, numbers.length);
});

Deno.test("writers that know the file by different names wait for each other", {
  ignore: Deno.build.os === "windows",
}, async () => {
  await using temporary = await TemporaryFile.create();
  const link = `${temporary.folder}/link.age`;
  await Deno.symlink(temporary.path, link);
  const { identityFile } = temporary;
  const keyrings = [temporary.open(), temporary.open({ path: link, identityFile })];
  const numbers = Array.from({ length: 20 }, (_, index) => index);
  await Promise.all(numbers.map((number) => {
    return keyrings[number % 2]?.setPassword("s", `user ${number}`, "made-up");
  }));
  assertEquals((await temporary.open().list()).length, numbers.length);
});

Deno.test("the lock of a process that died is taken over", async () => {
  await using temporary = await TemporaryFile.create();
  await whileLocked(temporary.path, async (kill) => {
    const stored = temporary.open().setPassword("s", "u", "made-up");
    kill();
    await stored;
  });
  assertEquals(await temporary.open().getPassword("s", "u"), "made-up");
});

Deno.test("a writer waits until its time limit, and a reader does not wait", async () => {
  await using temporary = await TemporaryFile.create();
  await whileLocked(temporary.path, async () => {
    const { identityFile } = temporary;
    const keyring = temporary.open({ identityFile, timeoutMs: 200 });
    assertEquals(await keyring.getPassword("s", "u"), null);
    const begun = performance.now();
    const error = await assertRejects(
      () => keyring.setPassword("s", "u", "made-up"),
      KeyringTimeoutError,
    );
    assertLess(performance.now() - begun, 20_000);
    assert(error.message.includes("keyring.age.lock"), error.message);
    assertEquals(await keyring.getPassword("s", "u"), null);
  });
});

Deno.test("a writer that waits can be aborted", async () => {
  await using temporary = await TemporaryFile.create();
  await whileLocked(temporary.path, async () => {
    const controller = new AbortController();
    const stored = temporary.open().setPassword("s", "u", "made-up", { signal: controller.signal });
    setTimeout(() => controller.abort(new DOMException("enough", "AbortError")), 50);
    assertEquals((await assertRejects(() => stored, DOMException)).message, "enough");
  });
  assertEquals(await temporary.open().list(), []);
});
