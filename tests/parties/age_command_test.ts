// @environment linux
// @needs age, age-keygen (age), python3
//
// The other party: Debian's `age`.

import { assert, assertEquals } from "@std/assert";
import { TemporaryFile } from "../support/temporary_file.ts";

const ignore = Deno.build.os !== "linux" || !isInstalled();

function isInstalled(): boolean {
  try {
    return new Deno.Command("age", { args: ["--version"], stdout: "null" }).outputSync().success;
  } catch {
    return false;
  }
}

async function run(program: string, args: string[], stdin = ""): Promise<string> {
  const child = new Deno.Command(program, { args, stdin: "piped", stdout: "piped" }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(stdin));
  await writer.close();
  const { code, stdout } = await child.output();
  assertEquals(code, 0, program);
  return new TextDecoder().decode(stdout);
}

Deno.test("age decrypts an encrypted file and finds the documented JSON", { ignore }, async () => {
  await using temporary = await TemporaryFile.create();
  const keyring = temporary.open();
  await keyring.setPassword("my_app", "alice", "made-up 🔑");
  await keyring.setSecret("my_app", "key", new Uint8Array([0, 255]));
  const json = JSON.parse(await run("age", ["-d", "-i", temporary.identityFile, temporary.path]));
  const [recipient] = await keyring.recipients();
  assertEquals(Object.keys(json), ["format", "version", "recipients", "entries"]);
  assertEquals([json.format, json.version], ["os-keyring-file", 1]);
  assertEquals(json.recipients, [recipient]);
  const [{ modified, ...alice }, key] = json.entries;
  assertEquals(alice, { service: "my_app", username: "alice", password: "made-up 🔑" });
  assert(Math.abs(Date.parse(modified) - Date.now()) < 60_000);
  assertEquals([key.username, key.secret], ["key", "AP8="]);
});

Deno.test(
  "an identity of age-keygen opens a file that age has rewritten",
  { ignore },
  async () => {
    await using temporary = await TemporaryFile.empty();
    await run("age-keygen", ["-o", temporary.identityFile]);
    const keyring = temporary.open();
    const [recipient = ""] = await keyring.create();
    assertEquals((await run("age-keygen", ["-y", temporary.identityFile])).trim(), recipient);
    await keyring.setPassword("my_app", "alice", "made-up");
    for (const form of [[], ["--armor"]]) {
      const json = await run("age", ["-d", "-i", temporary.identityFile, temporary.path]);
      await run(
        "age",
        ["-r", recipient, ...form, "-o", temporary.path],
        json.replace("made-up", "anew"),
      );
      assertEquals(await keyring.getPassword("my_app", "alice"), "anew");
      await keyring.setPassword("my_app", "alice", "made-up");
      assertEquals(await keyring.getPassword("my_app", "alice"), "made-up");
    }
  },
);

Deno.test("age opens a file by its passphrase, and the other way round", { ignore }, async () => {
  await using temporary = await TemporaryFile.empty();
  const keyring = temporary.open({ passphrase: "correct horse" });
  await keyring.create();
  await keyring.setPassword("my_app", "alice", "made-up");
  const json = await onTerminal(
    ["age", "-d", "-o", `${temporary.folder}/plain`, temporary.path],
    temporary,
  );
  assertEquals(JSON.parse(json).entries[0].password, "made-up");
  await Deno.writeTextFile(`${temporary.folder}/plain`, json.replace("made-up", "anew"));
  await onTerminal(["age", "-p", "-o", temporary.path, `${temporary.folder}/plain`], temporary);
  assertEquals(await keyring.getPassword("my_app", "alice"), "anew");
});

// age takes a passphrase from a terminal only. Each prompt ends with a colon and a blank.
const TYPIST = `
import os, pty, sys
pid, terminal = pty.fork()
if pid == 0:
    os.execvp(sys.argv[1], sys.argv[1:])
try:
    while chunk := os.read(terminal, 1000):
        for _ in range(chunk.count(b": ")):
            os.write(terminal, b"correct horse\\n")
except OSError:
    pass
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
`;

async function onTerminal(command: string[], temporary: TemporaryFile): Promise<string> {
  await run("/usr/bin/python3", ["-c", TYPIST, ...command]);
  return await Deno.readTextFile(`${temporary.folder}/plain`);
}
