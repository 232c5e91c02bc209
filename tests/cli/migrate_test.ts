// keyring migrate, and --layout, through the injected context of main().

import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { MemoryKeyring } from "../../src/backends/memory.ts";
import type { Context } from "../../src/cli/command.ts";
import { main } from "../../src/cli/main.ts";
import { KeyringError } from "../../src/errors.ts";
import type { Keyring } from "../../src/keyring.ts";

class Terminal {
  out = "";
  err = "";
  readonly loaded: string[] = [];
  readonly #keyrings: Record<string, Keyring>;

  constructor(keyrings: Record<string, Keyring>) {
    this.#keyrings = keyrings;
  }

  async run(...args: string[]): Promise<number> {
    this.out = this.err = "";
    const decoder = new TextDecoder();
    const context: Partial<Context> = {
      os: "linux",
      choose: () => Promise.resolve({ keyring: this.#open("chosen"), id: "x", by: "the test" }),
      load: (name, path, options) =>
        Promise.resolve(this.#open([name, path, options?.layout].filter(Boolean).join(" "))),
      stdin: { isTerminal: () => true, read: () => Promise.resolve(null) },
      prompt: () => Promise.resolve("typed"),
      columns: () => undefined,
      outIsTerminal: () => false,
      errColumns: () => undefined,
      writeOut: (bytes) => Promise.resolve(void (this.out += decoder.decode(bytes))),
      writeErr: (bytes) => Promise.resolve(void (this.err += decoder.decode(bytes))),
    };
    return await main(args, context);
  }

  #open(name: string): Keyring {
    this.loaded.push(name);
    const keyring = this.#keyrings[name];
    if (keyring) return keyring;
    throw new KeyringError(`there is no keyring "${name}"`, { operation: "open" });
  }
}

async function filled(): Promise<MemoryKeyring> {
  const keyring = new MemoryKeyring();
  await keyring.setPassword("app", "alice", "s3cret");
  await keyring.setPassword("app", "bob", "s3cret of bob");
  await keyring.setPassword("other", "carol", "s3cret of carol");
  return keyring;
}

const KEYTAR = "secret-service keytar";

Deno.test("migrate copies from a program to the chosen keyring, and says what it did", async () => {
  const [from, to] = [await filled(), new MemoryKeyring()];
  await to.setPassword("app", "bob", "another");
  const terminal = new Terminal({ [KEYTAR]: from, chosen: to });
  assertEquals(await terminal.run("migrate", "--from", "keytar", "--dry-run"), 1);
  assertEquals(
    terminal.out,
    "copy     app    alice\n" +
      "differs  app    bob\n" +
      "copy     other  carol\n" +
      "would copy 2, replace 0, same 0, one entry 0, skipped 1\n",
  );
  assertEquals((await to.list()).length, 1);
  assertEquals(await terminal.run("migrate", "--from=keytar", "--service=app", "--delete"), 1);
  assertEquals(
    terminal.out,
    "copied, deleted  app  alice\n" +
      "differs          app  bob\n" +
      "copied 1, replaced 0, same 0, one entry 0, deleted 1, skipped 1\n",
  );
  assertEquals(terminal.err, "");
  assertEquals(await terminal.run("migrate", "--from=keytar", "--force", "--delete"), 0);
  assertMatch(terminal.out, /copied 1, replaced 1, same 0, one entry 0, deleted 2, skipped 0\n$/);
  assertEquals(await from.list(), []);
  assertEquals(await terminal.run("migrate", "--from=keytar", "--delete"), 0);
  assertEquals(
    terminal.out,
    "copied 0, replaced 0, same 0, one entry 0, deleted 0, skipped 0\n",
  );
});

Deno.test("migrate takes keyrings by their names, and renames services", async () => {
  const [from, to] = [await filled(), new MemoryKeyring()];
  const terminal = new Terminal({ "file": from, "./mine.ts": to, "secret-service git": to });
  const rename = ["--rename", "app=new", "--rename", "other=new2"];
  assertEquals(await terminal.run("migrate", "--from=file", "--to=./mine.ts", ...rename), 0);
  assertStringIncludes(terminal.out, "copied  app    alice  as new\n");
  assertEquals((await to.list()).map(({ service }) => service), ["new", "new", "new2"]);
  assertEquals(terminal.loaded, ["file", "./mine.ts"]);
  assertEquals(await terminal.run("migrate", "--from=file", "--to=git", "--dry-run"), 0);
});

Deno.test("migrate reports what fails, without a secret", async () => {
  const to = new MemoryKeyring();
  to.setPassword = (service, username) =>
    Promise.reject(new KeyringError("refused", { operation: "set", service, username }));
  const terminal = new Terminal({ file: await filled(), chosen: to });
  assertEquals(await terminal.run("migrate", "--from=file", "--delete"), 1);
  assertEquals(
    terminal.err.split("\n")[0],
    'keyring: Cannot store the password of "alice" for "app": refused',
  );
  assertMatch(terminal.out, /^failed {2}app {4}alice\n/);
  assertMatch(terminal.out, /deleted 0, skipped 3\n$/);
  assertEquals(/s3cret/.test(terminal.out + terminal.err), false);
});

Deno.test("migrate refuses what it cannot mean", async () => {
  const terminal = new Terminal({ file: await filled(), chosen: new MemoryKeyring() });
  const cases: [string[], string][] = [
    [["migrate"], "migrate requires --from"],
    [["migrate", "app", "--from=file"], "unrecognized arguments: app"],
    [["migrate", "--from=nothing"], 'there is no keyring "nothing"'],
    [["migrate", "--from=file", "--rename=app"], "is not OLD=NEW"],
    [["migrate", "--from=file", "--layout=keytar"], "migrate does not take --layout"],
  ];
  for (const [args, message] of cases) {
    assertEquals(await terminal.run(...args), 2, args.join(" "));
    assertStringIncludes(terminal.err, message);
  }
});

Deno.test("--layout opens the system's store for a program, whatever is chosen", async () => {
  const keytar = await filled();
  const terminal = new Terminal({ [KEYTAR]: keytar, chosen: new MemoryKeyring() });
  assertEquals(await terminal.run("--layout", "keytar", "get", "app", "alice"), 0);
  assertEquals(terminal.out, "s3cret\n");
  assertEquals(await terminal.run("list", "app", "--layout=keytar"), 0);
  assertEquals(terminal.out, "app  alice\napp  bob\n");
  assertEquals(await terminal.run("--layout=keytar", "set", "app", "alice"), 0);
  assertEquals(await keytar.getPassword("app", "alice"), "typed");
  assertEquals(await terminal.run("--layout=keytar", "del", "app", "bob"), 0);
  assertEquals(await terminal.run("--layout=keytar", "export", "app"), 0);
  assertStringIncludes(terminal.out, '"username": "alice"');
  assertEquals(await terminal.run("--layout=keytar", "-b", "secret-service", "list"), 0);
  assertEquals(new Set(terminal.loaded), new Set([KEYTAR]));
  assertEquals(await terminal.run("--layout=none", "list"), 2);
  assertStringIncludes(terminal.err, "invalid choice: 'none'");
});
