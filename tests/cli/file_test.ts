// @environment unit, windows

import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { EncryptedFileKeyring } from "../../file.ts";
import { MemoryKeyring } from "../../src/backends/memory.ts";
import { main } from "../../src/cli/main.ts";
import type { Context } from "../../src/cli/command.ts";
import { KeyringError } from "../../src/errors.ts";
import { keyring, type Outcome, runToEnd } from "../fixtures/command.ts";
import { pipedText, runMain } from "../fixtures/main.ts";
import "../support/cheap_scrypt.ts";
import { TemporaryFile } from "../support/temporary_file.ts";
import { NO_FILE, Variables } from "../support/variables.ts";

const CLI = new URL("../../cli.ts", import.meta.url).href;
const PASSPHRASE = "correct horse";

/** Runs the command line at a terminal where these answers are typed. */
async function atTerminal(
  args: string[],
  ...typed: string[]
): Promise<Outcome & { asked: string }> {
  const outcome = { code: 0, out: "", err: "", asked: "" };
  const decoder = new TextDecoder();
  const context: Partial<Context> = {
    stdin: { isTerminal: () => true, read: () => Promise.resolve(null) },
    writeOut: (bytes) => Promise.resolve(void (outcome.out += decoder.decode(bytes))),
    writeErr: (bytes) => Promise.resolve(void (outcome.err += decoder.decode(bytes))),
    prompt: (question) => {
      outcome.asked += question;
      const answer = typed.shift();
      return answer === undefined ? Promise.reject(new Error("asked")) : Promise.resolve(answer);
    },
  };
  outcome.code = await main(args, context);
  assertEquals(typed, []);
  return outcome;
}

Deno.test("keyring file asks for a passphrase, twice for a new one", async () => {
  await using encrypted = await TemporaryFile.empty();
  using _ = new Variables({ ...NO_FILE, KEYRING_FILE: encrypted.path });
  const differing = await atTerminal(["file", "init"], PASSPHRASE, "another");
  assertEquals(differing.code, 1);
  assertStringIncludes(differing.err, "differ");
  assertEquals(await encrypted.files(), []);
  const made = await atTerminal(["file", "init"], PASSPHRASE, PASSPHRASE);
  assertEquals([made.code, made.err], [0, ""]);
  assertStringIncludes(made.out, `file: ${encrypted.path}\nuse it: `);
  assertStringIncludes(
    made.asked,
    `New passphrase for '${encrypted.path}': Repeat the passphrase: `,
  );
  for (const empty of ["", "\n"]) {
    for (const [command, ...before] of [["init"], ["passwd", PASSPHRASE]] as const) {
      if (command === "init") await Deno.remove(encrypted.path);
      const refused = await atTerminal(["file", command], ...before, empty);
      const err = "keyring: No passphrase was entered; nothing was changed\n";
      assertEquals([refused.code, refused.err], [1, err]);
      if (command === "init") await atTerminal(["file", "init"], PASSPHRASE, PASSPHRASE);
    }
  }
  const none = await atTerminal(["-b", "file", "list"], "");
  assertEquals(none.err, "keyring: No passphrase was entered; nothing was changed\n");
  // Before anybody is asked for anything.
  assertEquals((await atTerminal(["file", "init"])).code, 1);

  const set = await atTerminal(["-b", "file", "set", "my_app", "alice"], "made-up", PASSPHRASE);
  assertEquals([set.code, set.err], [0, ""]);
  assert(set.asked.endsWith(`Passphrase for '${encrypted.path}': `), set.asked);
  const { code } = await atTerminal(["file", "passwd"], PASSPHRASE, "battery", "battery");
  assertEquals(code, 0);
  const wrong = await atTerminal(["-b", "file", "get", "my_app", "alice"], PASSPHRASE);
  assertEquals([wrong.code, wrong.out], [1, ""]);
  assertStringIncludes(wrong.err, "the passphrase does not open the encrypted file");
  const get = await atTerminal(["-b", "file", "get", "my_app", "alice"], "battery");
  assertEquals([get.code, get.out], [0, "made-up\n"]);
});

Deno.test("a command asks for the passphrase once, however often it opens the file", async () => {
  await using encrypted = await TemporaryFile.empty();
  await encrypted.open({ passphrase: PASSPHRASE }).create();
  using _ = new Variables({ ...NO_FILE, KEYRING_BACKEND: "file", KEYRING_FILE: encrypted.path });
  const env = ["--env", "A=my_app/alice", "--env", "B=my_app/bob"];
  const { code, err, asked } = await atTerminal(["run", ...env, "--", "true"], PASSPHRASE);
  assertEquals([code, asked], [1, `Passphrase for '${encrypted.path}': `]);
  assertStringIncludes(err, "alice");
});

Deno.test("keyring file refuses what looks like a passphrase, and does not show it", async () => {
  for (const words of [["passwd", "hunter2"], ["passwd", "a", "hunter2"], ["init", "hunter2"]]) {
    const { code, out, err } = await atTerminal(["file", ...words]);
    assertEquals([code, out], [2, ""]);
    assert(err.includes("***") && !err.includes("hunter2"), err);
  }
  for (const args of [["file"], ["file", "nothing"]]) {
    assertEquals((await atTerminal(args)).code, 2);
  }
});

Deno.test("each command of keyring file has its own help with an example", async () => {
  for (const name of ["init", "passwd", "recipients", "path"]) {
    const { code, out } = await atTerminal(["file", name, "--help"]);
    assertEquals(code, 0);
    assert(out.startsWith(`usage: keyring file ${name} [options]\n`), out);
    assertMatch(out, /^examples(?: \(PowerShell\))?:\n {2}/m);
  }
});

const DATA_FOLDER = { windows: "LOCALAPPDATA", darwin: "HOME" }[Deno.build.os as string] ??
  "XDG_DATA_HOME,HOME";

/** The flags of the README, and no other. */
function flagsFor(folder: string): string[] {
  const variables = Object.keys(NO_FILE).join(",");
  return [
    `--allow-env=KEYRING_BACKEND,${variables}`,
    `--allow-read=${folder}`,
    `--allow-write=${folder}`,
  ];
}

Deno.test("each command works on an encrypted file with the flags of the README only", async () => {
  await using encrypted = await TemporaryFile.empty();
  const identity = encrypted.identityFile;
  using _ = new Variables({ ...NO_FILE, KEYRING_BACKEND: "file", KEYRING_FILE: encrypted.path });
  const flags = flagsFor(encrypted.folder);
  const done = { code: 0, out: "", err: "" };
  const made = await keyring(flags, ["file", "init", "--identity", identity]);
  assertEquals([made.code, made.err], [0, ""]);
  const recipient = /^recipient: (age1\w{58})$/m.exec(made.out)?.[1];
  assertStringIncludes(made.out, `KEYRING_BACKEND`);
  using _identity = new Variables({ KEYRING_FILE_IDENTITY: identity });
  const entry = ["my_app", "alice"];
  assertEquals(await keyring(flags, ["get", ...entry]), { ...done, code: 1 });
  assertEquals(await keyring(flags, ["set", ...entry], "made-up\n"), done);
  assertEquals(await keyring(flags, ["get", ...entry]), { ...done, out: "made-up\n" });
  assertStringIncludes((await keyring(flags, ["list"])).out, "alice");
  assertEquals(await keyring(flags, ["file", "recipients"]), { ...done, out: `${recipient}\n` });
  assertEquals(await keyring(flags, ["file", "path"]), { ...done, out: `${encrypted.path}\n` });
  assertEquals(await keyring(flags, ["del", ...entry]), done);
  const diagnosis = await keyring(flags, ["diagnose"]);
  assertStringIncludes(
    diagnosis.out,
    "file (Encrypted file), by environment variable KEYRING_BACKEND",
  );
  const note = Deno.build.os === "windows"
    ? ""
    : String.raw`: not checked: owners \(without --allow-sys=uid\); ` +
      String.raw`who can change /, .* \(without --allow-read\)`;
  const line = new RegExp(`file +Encrypted file +priority -1 +viable${note}$`, "m");
  assert(line.test(diagnosis.out), diagnosis.out);
});

Deno.test("each command names the flag that it lacks for an encrypted file", async () => {
  await using encrypted = await TemporaryFile.create();
  await encrypted.open().setPassword("s", "u", "old");
  using _ = new Variables({
    ...NO_FILE,
    KEYRING_BACKEND: "file",
    KEYRING_FILE: encrypted.path,
    KEYRING_FILE_IDENTITY: encrypted.identityFile,
  });
  const [env = "", read = "", write = ""] = flagsFor(encrypted.folder);
  const cases: [string[], string[], string][] = [
    [
      ["--allow-env=KEYRING_BACKEND"],
      ["get", "s", "u"],
      "--allow-env=KEYRING_FILE,KEYRING_FILE_IDENTITY,KEYRING_FILE_PASSPHRASE_FILE," + DATA_FOLDER,
    ],
    [[env], ["get", "s", "u"], read],
    [[env], ["set", "s", "u"], `${read} ${write}`],
    [[env], ["del", "s", "u"], `${read} ${write}`],
    [[env, read], ["set", "s", "u"], write],
    [[env, read], ["del", "s", "u"], write],
    [[env], ["file", "recipients"], read],
  ];
  for (const [flags, args, flag] of cases) {
    const { code, out, err } = await keyring(flags, args, "made-up");
    assertEquals([code, out], [1, ""], args.join(" "));
    assertStringIncludes(err, `Add ${flag} to the deno command`);
  }
  const { out } = await keyring([env], ["diagnose"]);
  assertStringIncludes(out, `not viable, needs ${read}`);
  assertEquals(await encrypted.open().getPassword("s", "u"), "old");
});

Deno.test("a passphrase comes from an open file, and a new one from a pipe", {
  ignore: Deno.build.os === "windows",
}, async () => {
  await using encrypted = await TemporaryFile.empty();
  const file = `${encrypted.folder}/passphrase`;
  await Deno.writeTextFile(file, `${PASSPHRASE}\n`, { mode: 0o600 });
  using _ = new Variables({
    ...NO_FILE,
    KEYRING_BACKEND: "file",
    KEYRING_FILE: encrypted.path,
    KEYRING_FILE_PASSPHRASE_FILE: file,
  });
  const flags = flagsFor(encrypted.folder);
  assertEquals((await keyring(flags, ["file", "init"])).code, 0);
  assertEquals((await keyring(flags, ["file", "passwd"], "battery\n")).code, 0);
  // A pipe that a shell opened, as with 3< <(pass show keyring).
  Deno.env.set("KEYRING_FILE_PASSPHRASE_FILE", "/dev/fd/3");
  const open3 = 'printf "battery\\n" | { exec "$@" 3<&0 </dev/null; }';
  const args = [Deno.execPath(), "run", "--no-prompt", "--no-check", ...flags];
  const { code, stderr } = await new Deno.Command("sh", {
    args: ["-c", open3, "sh", ...args, "--allow-read=/dev/fd/3", CLI, "list"],
  }).output();
  assertEquals([code, new TextDecoder().decode(stderr)], [0, ""]);
});

Deno.test("what a pipe gives passwd opens the file as a passphrase file", async () => {
  await using encrypted = await TemporaryFile.empty();
  const file = `${encrypted.folder}/passphrase`;
  using _ = new Variables({ ...NO_FILE, KEYRING_FILE: encrypted.path });
  await encrypted.open({ passphrase: PASSPHRASE }).create();
  let old = PASSPHRASE;
  for (const text of ["a\n", "b\r\n", "c", "\ufeffd\r\n", " e \n\n"]) {
    Deno.env.set("KEYRING_FILE_PASSPHRASE", old);
    const { code, err } = await runMain(["file", "passwd"], new MemoryKeyring(), {
      stdin: pipedText(text),
    });
    assertEquals([code, err], [0, ""]);
    await Deno.writeTextFile(file, text, { mode: 0o600 });
    Deno.env.set("KEYRING_FILE_PASSPHRASE_FILE", file);
    assertEquals(await new EncryptedFileKeyring().list(), []);
    Deno.env.delete("KEYRING_FILE_PASSPHRASE_FILE");
    old = text.replace("\ufeff", "").replace(/\r?\n$/, "");
  }
});

Deno.test("passwd refuses a pipe that is empty, a line break, or no text", async () => {
  await using encrypted = await TemporaryFile.empty();
  using _ = new Variables({
    ...NO_FILE,
    KEYRING_FILE: encrypted.path,
    KEYRING_FILE_PASSPHRASE: PASSPHRASE,
  });
  await encrypted.open({ passphrase: PASSPHRASE }).create();
  for (
    const [text, reason] of [
      ...["", "\n", "\r\n", "\r", "\ufeff\r\n"].map((text) =>
        [
          text,
          "the new passphrase is empty. The old one stays. Give one that is not empty.",
        ] as const
      ),
      ["a\0b", "Cannot use the passphrase: line 1 contains a NUL"],
    ] as const
  ) {
    const { code, err } = await runMain(["file", "passwd"], new MemoryKeyring(), {
      stdin: pipedText(text),
    });
    assertEquals(code, 1);
    assertStringIncludes(err, reason);
    assertEquals(await encrypted.open({ passphrase: PASSPHRASE }).list(), []);
  }
});

Deno.test("without a terminal and a key, the error lists the ways to give one", async () => {
  await using encrypted = await TemporaryFile.empty();
  await encrypted.open({ passphrase: PASSPHRASE }).create();
  using _ = new Variables({ ...NO_FILE, KEYRING_BACKEND: "file", KEYRING_FILE: encrypted.path });
  const { code, out, err } = await keyring(flagsFor(encrypted.folder), ["get", "s", "u"]);
  assertEquals([code, out], [1, ""]);
  for (const name of ["IDENTITY", "PASSPHRASE_FILE", "PASSPHRASE"]) {
    assertStringIncludes(err, `KEYRING_FILE_${name} to`);
  }
});

const ODD_NAMES = [
  "plain",
  "$(touch pwned)",
  "`touch pwned`",
  'it\'s \\a "b"',
  "a,b c",
  "a\nb\x1b[2J",
];

Deno.test("what init prints to use the file can be pasted into a shell", {
  ignore: Deno.build.os === "windows",
}, async () => {
  for (const odd of ODD_NAMES) {
    await using encrypted = await TemporaryFile.empty();
    const folder = `${encrypted.folder}/${odd}`;
    await Deno.mkdir(folder);
    using _ = new Variables({ ...NO_FILE, KEYRING_FILE: "keyring.age" });
    const flags = [CLI, "file", "init", "--identity", "./identity $(touch pwned)"];
    const { stdout } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--quiet", "--no-check", "--cached-only", ...flags],
      cwd: folder,
      env: { KEYRING_BACKEND: "" },
    }).output();
    const line = /^use it: (.*)$/m.exec(new TextDecoder().decode(stdout))?.[1] ?? "";
    const show =
      `${line}\ncd / && printf '%s|' "$KEYRING_BACKEND" "$KEYRING_FILE" "$KEYRING_FILE_IDENTITY"`;
    const shell = await runToEnd("bash", ["-c", show], "", { LC_ALL: "C.UTF-8" });
    const expected = ["file", `${folder}/keyring.age`, `${folder}/./identity $(touch pwned)`];
    assertEquals([shell.err, shell.out], ["", `${expected.join("|")}|`], line);
    assertEquals((await encrypted.files()).length, 1);
  }
});

Deno.test("a refused recipient is accepted, or removed, by the command that the error names", async () => {
  await using bob = await TemporaryFile.empty();
  await using alice = await TemporaryFile.create();
  const [ofBob = ""] = await bob.open().create();
  const [ofAlice = ""] = await alice.open().recipients();
  await alice.open().changeRecipients({ add: [ofBob] });
  using _ = new Variables({ ...NO_FILE, KEYRING_BACKEND: "file" });
  for (const option of ["--add", "--remove"]) {
    await Deno.copyFile(alice.path, bob.path);
    const set = () => bob.open().setPassword("s", "u", "made-up");
    const { message } = await assertRejects(set, KeyringError);
    const command = new RegExp(`\`([^\`]* ${option} [^\`]*)\``).exec(message)?.[1] ?? "";
    const words = command.split("keyring file ")[1]?.split(" ") ?? [];
    using _ = new Variables({ KEYRING_FILE: bob.path });
    const { code, out, err } = await atTerminal(["file", ...words]);
    assertEquals([code, err], [0, ""]);
    assertEquals(out.includes(ofAlice), option === "--add");
    await set();
    await Deno.remove(`${bob.identityFile}.recipients`, {}).catch(() => {});
  }
});
