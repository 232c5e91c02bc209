// @environment unit, windows
//
// The sign of life of commands that take long, and what a question does to it.

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { MemoryKeyring } from "../../src/backends/memory.ts";
import { delay } from "../../src/lib/delay.ts";
import type { Context } from "../../src/cli/command.ts";
import { passphraseAsker } from "../../src/cli/passphrase.ts";
import { untilDone, withoutStatus } from "../../src/cli/progress.ts";
import { pipedText, runMain } from "../fixtures/main.ts";

const LATE_MS = 1_300;

/** A keyring that takes its time for each call. */
function lateKeyring(): MemoryKeyring {
  const keyring = new MemoryKeyring();
  return new Proxy(keyring, {
    get(target, name) {
      const member = Reflect.get(target, name);
      if (name === "prune") return () => delay(LATE_MS, undefined).then(() => 0);
      if (typeof member !== "function" || name === "keyOf") return member;
      return async (...args: unknown[]) => {
        await delay(LATE_MS, undefined);
        return await Reflect.apply(member, target, args);
      };
    },
  });
}

const COMMANDS: [args: string[], notice: string][] = [
  [["get", "s", "u"], "reading the password…"],
  [["set", "s", "u"], "storing the password…"],
  [["del", "s", "u"], "deleting the password…"],
  [["list"], "listing entries…"],
  [["prune"], "looking for leftovers…"],
  [["export"], "listing entries…"],
  [["migrate", "--from", "memory"], "listing entries…"],
  [["run", "--env", "A=s/u", "--", "program"], "reading the passwords…"],
  [["diagnose"], "asking the stores…"],
  [["--list-backends"], "asking the stores…"],
];

Deno.test("every command that takes over a second says what it does, and takes it away", async () => {
  await Promise.all(COMMANDS.map(async ([args, notice]) => {
    const keyring = lateKeyring();
    const { err } = await runMain(args, keyring, {
      errColumns: () => 80,
      load: () => Promise.resolve(keyring),
      stdin: pipedText("s3cret"),
      runProgram: () => Promise.resolve(0),
      describeStores: () => delay(LATE_MS, undefined).then(() => []),
    });
    const [, shown, rest] = /^(\r[^\r]*)(.*)$/s.exec(err) ?? [];
    assertEquals(shown, `\r${notice}`, args[0]);
    assert(rest?.startsWith(`\r${" ".repeat(notice.length)}`), args[0]);
    const nothing = await runMain(args.slice(0, 1), new MemoryKeyring(), {
      errColumns: () => undefined,
      describeStores: () => Promise.resolve([]),
    });
    assertEquals(nothing.err.includes("…"), false);
  }));
});

Deno.test("a question takes the notice away, and gets no other one meanwhile", async () => {
  let screen = "";
  const context = {
    errColumns: () => 80,
    writeErr: (bytes: Uint8Array) =>
      Promise.resolve(void (screen += new TextDecoder().decode(bytes))),
    stdin: { isTerminal: () => true, read: () => Promise.resolve(null) },
    prompt: async (question: string) => {
      screen += question;
      await delay(LATE_MS, undefined);
      screen += "\n";
      return "s3cret";
    },
  };
  const ask = passphraseAsker(context as Partial<Context> as Context);
  await untilDone(context, "working…", async () => {
    await delay(LATE_MS, undefined);
    await ask({ path: "f", isNew: false });
    await delay(LATE_MS, undefined);
    await withoutStatus(() => context.writeErr(new TextEncoder().encode("said\n")));
  });
  const blank = `\r${" ".repeat(10)}\r`;
  assertStringIncludes(screen, `\rworking…${blank}Passphrase for 'f': \n\rworking…`);
  assert(screen.endsWith(`${blank}said\n`), JSON.stringify(screen));
});
