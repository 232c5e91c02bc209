// A backend as many are written: quoting of a POSIX shell, the output of -w, only the exit code.
// It must go wrong on the simulator, or the simulator proves nothing about ours.

import { assertEquals, assertNotEquals } from "@std/assert";
import { MacInProcess } from "../../../dev/security_simulator/in_process.ts";
import { LOGIN_KEYCHAIN } from "../../../dev/security_simulator/install.ts";

class NaiveKeyring {
  readonly mac = new MacInProcess();

  get items() {
    return this.mac.state.keychains[LOGIN_KEYCHAIN]?.items ?? [];
  }

  set(service: string, username: string, password: string, keychain = ""): boolean {
    const names = `-s ${shellQuote(service)} -a ${shellQuote(username)}`;
    const line = `add-generic-password -U ${names} -w ${shellQuote(password)} ${keychain}`;
    return this.mac.interactive(`${line.trimEnd()}\n`).code === 0;
  }

  get(service: string, username: string): string | null {
    const names = `-s ${shellQuote(service)} -a ${shellQuote(username)}`;
    const { code, stdout } = this.mac.interactive(`find-generic-password ${names} -w\n`);
    return code === 0 ? stdout.trim() : null;
  }
}

function shellQuote(text: string): string {
  return `'${text.replaceAll("'", `'"'"'`)}'`;
}

Deno.test("naive backend stores plain words", () => {
  const naive = new NaiveKeyring();
  assertEquals(naive.set("svc", "alice", "correct horse"), true);
  assertEquals(naive.get("svc", "alice"), "correct horse");
});

Deno.test("naive backend fails on a name with a quote", () => {
  assertEquals(new NaiveKeyring().set("svc", "o'brien", "made-up"), false);
});

Deno.test("naive backend damages secrets and reports success", () => {
  for (const secret of ["p\\w", "grün", " edges ", "two\nlines", "it's", "\0"]) {
    const naive = new NaiveKeyring();
    naive.set("svc", "alice", secret);
    assertNotEquals(naive.get("svc", "alice"), secret, JSON.stringify(secret));
  }
  const naive = new NaiveKeyring();
  assertEquals(naive.set("svc", "alice", "p\\w"), true);
  assertEquals(naive.get("svc", "alice"), "pw");
});

Deno.test("naive backend stores under a changed name", () => {
  const naive = new NaiveKeyring();
  assertEquals(naive.set("svc", "DOMAIN\\bob", "made-up"), true);
  assertEquals(naive.items[0]?.account, "DOMAINbob");
});

Deno.test("naive backend cuts off a long secret and reports success", () => {
  const naive = new NaiveKeyring();
  const secret = `${upToTheBuffer()} `;
  assertEquals(naive.set("svc", "alice", secret), true);
  assertEquals(naive.items[0]?.secret, upToTheBuffer());
});

Deno.test("naive backend runs a command that hides in a secret", () => {
  const command = "delete-keychain login.keychain ";
  for (const secret of [`x\n${command}`, `${upToTheBuffer()}${command}`]) {
    const naive = new NaiveKeyring();
    naive.set("svc", "alice", secret);
    assertEquals(naive.mac.state.keychains, {});
  }
});

function upToTheBuffer(): string {
  return "s".repeat(4095 - "add-generic-password -U -s 'svc' -a 'alice' -w '".length);
}

Deno.test("naive backend takes a missing keychain for the default one", () => {
  const naive = new NaiveKeyring();
  assertEquals(naive.set("svc", "alice", "made-up", "/tmp/missing.keychain"), true);
  assertEquals(naive.items.length, 1);
});

Deno.test("naive backend takes every failure for a missing entry", () => {
  const naive = new NaiveKeyring();
  naive.set("svc", "alice", "made-up");
  naive.mac.state.failsSearch = true;
  assertEquals(naive.get("svc", "alice"), null);
});
