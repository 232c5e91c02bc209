// @uses python3
//
// A passphrase while standard input is a pipe: on the terminal of the process, or by KEYRING_ASKPASS.

import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { askProgram } from "../../src/cli/askpass.ts";
import type { Context } from "../../src/cli/command.ts";
import { main } from "../../src/cli/main.ts";
import { keyring } from "../fixtures/command.ts";
import { pipedText } from "../fixtures/main.ts";
import "../support/cheap_scrypt.ts";
import { onTerminal } from "../fixtures/terminal.ts";
import { TemporaryFile } from "../support/temporary_file.ts";
import { NO_FILE, Variables } from "../support/variables.ts";

const POSIX = { ignore: Deno.build.os === "windows" };
const QUESTION = "Passphrase for '/a b/\"c$(d)': ";

/** Runs a test with this shell script as a program. */
async function withProgram(script: string, test: (path: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    const path = `${folder}/ask me`;
    await Deno.writeTextFile(path, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    await test(path);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function answerOf(script: string): Promise<string> {
  let answer = "";
  await withProgram(script, async (path) => void (answer = await askProgram(path, QUESTION)));
  return answer;
}

Deno.test("the program gets the question as its only argument, and no shell", POSIX, async () => {
  assertEquals(await answerOf('printf "%s|" "$#" "$@" "$KEYRING_ASKPASS"'), `1|${QUESTION}||`);
});

Deno.test("its answer is what it prints, but for one line break", POSIX, async () => {
  const cases: [string, string][] = [
    ["printf 'correct horse'", "correct horse"],
    ["echo ' a b '", " a b "],
    [String.raw`printf 'a\n\n'`, "a\n"],
    [String.raw`printf 'a\r\n'`, "a"],
    [String.raw`printf '\303\261'`, "ñ"],
    [String.raw`printf '\357\273\277a\r\n'`, "a"],
    [String.raw`printf '\377\376a\0\n\0'`, "a"],
    ["head -c 4096 /dev/zero | tr '\\0' x; echo", "x".repeat(4096)],
  ];
  for (const [script, answer] of cases) assertEquals(await answerOf(script), answer);
});

Deno.test("what the program does wrong is named, and what it printed is not", POSIX, async () => {
  const cases: [string, string][] = [
    ["echo hidden; exit 1", "ended with 1, which cancels it"],
    ["kill -KILL $$", "ended with 137, which cancels it"],
    ["head -c 4097 /dev/zero | tr '\\0' x", "printed more than 4096 bytes"],
    ["yes hidden", "printed more than 4096 bytes"],
    [
      String.raw`printf 'hidden\377'`,
      "printed something that is not text: line 1 is not valid UTF-8",
    ],
    [String.raw`printf 'hidden\0'`, "printed something that is not text: line 1 contains a NUL"],
  ];
  for (const [script, problem] of cases) {
    const { message } = await assertRejects(() => answerOf(script), Error, problem);
    assert(!message.includes("hidden"));
  }
});

Deno.test("a program that is none is refused", POSIX, async () => {
  const cases: [string, string][] = [
    ["ask", "is not an absolute path"],
    ["./ask", "is not an absolute path"],
    ["/usr/local/bin/keyring", "is this command itself"],
    ["/home/alice/.deno/bin/Keyring.cmd", "is this command itself"],
    [Deno.execPath(), "is this command itself"],
    ["/nonexistent/ask", "does not exist"],
    ["/etc/passwd", "is not executable"],
  ];
  for (const [program, problem] of cases) {
    await assertRejects(() => askProgram(program, QUESTION), Error, problem);
  }
});

Deno.test("KEYRING_ASKPASS opens the encrypted file while a pipe is read", POSIX, async () => {
  await using encrypted = await TemporaryFile.empty();
  await encrypted.open({ passphrase: "correct horse" }).create();
  await withProgram("echo 'correct horse'", async (path) => {
    using _ = new Variables({
      ...NO_FILE,
      KEYRING_BACKEND: "file",
      KEYRING_FILE: encrypted.path,
      KEYRING_ASKPASS: path,
    });
    const asked: string[] = [];
    const context: Partial<Context> = {
      stdin: pipedText("piped"),
      promptElsewhere: (question) => askProgram(path, `${asked.push(question)}`),
    };
    assertEquals(await main(["-b", "file", "set", "s", "u"], context), 0);
    assertEquals(asked, [`Passphrase for '${encrypted.path}': `]);
    const { folder } = encrypted;
    const flags = ["--allow-env", `--allow-read=${folder}`, `--allow-write=${folder}`];
    const { code, err } = await keyring(flags, ["get", "s", "u"]);
    assertEquals(code, 1);
    assertStringIncludes(err, `Add '--allow-run=${path}' to the deno command.`);
    const { out } = await keyring([...flags, `--allow-run=${path}`], ["get", "s", "u"]);
    assertEquals(out, "piped\n");
  });
});

const PROMPTER = `
import { promptElsewhere } from ${
  JSON.stringify(new URL("../../src/cli/prompt_elsewhere.ts", import.meta.url))
};
try {
  const answer = await promptElsewhere("Passphrase: ");
  console.log(JSON.stringify([answer, await new Response(Deno.stdin.readable).text()]));
} catch (error) {
  console.log(error.message, error.details?.advice);
}
`;

function prompter(...flags: string[]): string {
  const script = `data:application/javascript,${encodeURIComponent(PROMPTER)}`;
  return [Deno.execPath(), "run", "--no-prompt", ...flags, script].map((word) => `'${word}'`).join(
    " ",
  );
}

Deno.test("with all permissions the terminal of the process is asked", POSIX, async () => {
  const command = `echo piped | ${prompter("-A")} 2>/dev/null`;
  const report = await onTerminal(["/bin/sh", "-c", command], "Passphrase: ", ["pw\x7fñ\r"]);
  assertEquals(report.screen, 'Passphrase: \r\n["pñ","piped\\n"]\r\n');
  assertEquals([report.echo, report.canonical, report.marksPastes], [true, true, false]);
  const pasted = await onTerminal(["/bin/sh", "-c", command], "Passphrase: ", ["one\rtwo\r"]);
  assertStringIncludes(pasted.screen, "several lines were pasted");
});

Deno.test("the error says which terminal could not be opened, and why", POSIX, async () => {
  for (
    const [flags, reason] of [
      [["-A"], "/dev/tty cannot be opened: No such device or address"],
      [["--allow-env", "--allow-read"], "/dev/tty is opened only with --allow-all"],
      [[], "Variables are read only with --allow-env=KEYRING_*."],
    ] as const
  ) {
    const { stdout } = await new Deno.Command("/usr/bin/python3", {
      args: [
        "-c",
        "import os, sys; os.setsid(); os.execvp('sh', ['sh', '-c', sys.argv[1]])",
        prompter(...flags),
      ],
      stdin: "null",
      env: { KEYRING_ASKPASS: "" },
    }).output();
    assertStringIncludes(new TextDecoder().decode(stdout), reason);
  }
});
