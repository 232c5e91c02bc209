// @uses python3
//
// What a person at a terminal sees of commands that take long, are interrupted or are suspended.

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { onTerminal } from "../fixtures/terminal.ts";
import "../support/cheap_scrypt.ts";
import { TemporaryFile } from "../support/temporary_file.ts";

const POSIX = { ignore: Deno.build.os === "windows" };
const CLI = new URL("../../cli.ts", import.meta.url).pathname;
const KEYRING = new URL("../fixtures/late_keyring.ts", import.meta.url).pathname;
const COMMAND = [Deno.execPath(), "run", "-q", "-A", CLI, "-b", KEYRING];

/** A shell that runs a script on a terminal of 80 columns, where "$@" is the command. */
function inShell(script: string): string[] {
  return ["/bin/bash", "-c", `stty cols 80 rows 24; ${script}`, "bash", ...COMMAND];
}

/** What is left on the lines of a terminal. */
function shown(screen: string): string[] {
  return screen.replace(/\n$/, "").split("\n").map((line) => {
    let text = "";
    for (const part of line.split("\r")) text = part + text.slice(part.length);
    return text.trimEnd();
  });
}

Deno.test("list says after a second what it does, and Ctrl-C ends it silently", POSIX, async () => {
  const report = await onTerminal(inShell('exec "$@" list'), "listing entries…", ["\x03"]);
  assertEquals([report.status, shown(report.screen)], [-2, [""]]);
});

Deno.test("nothing is drawn over the question for a passphrase", POSIX, async () => {
  await using encrypted = await TemporaryFile.locked("correct horse");
  const env = `KEYRING_BACKEND=file KEYRING_FILE=${encrypted.path}`;
  const script = `${env} "\${@:1:5}" list; echo done`;
  const { screen } = await onTerminal(inShell(script), "Passphrase for", [
    // Past the second after which a command says what it does.
    { seconds: 2 },
    "correct horse\r",
    { until: "done" },
  ]);
  assertEquals(shown(screen), [`Passphrase for '${encrypted.path}':`, "done"]);
});

Deno.test("Ctrl-C while importing leaves the summary on a line of its own", POSIX, async () => {
  const file = await Deno.makeTempFile({ suffix: ".jsonl" });
  try {
    const lines = Array.from(
      { length: 200 },
      (_, index) => JSON.stringify({ service: "s", username: `${index}`, password: "s3cret" }),
    );
    await Deno.writeTextFile(file, lines.join("\n"));
    const script = inShell(`exec "$@" import --on-conflict=replace ${file}`);
    const report = await onTerminal(script, "s left", ["\x03"]);
    assertEquals(report.status, -2);
    const [line = "", ...rest] = shown(report.screen);
    assert(/^stored \d+, replaced 0, skipped 0, failed 0, not tried \d+$/.test(line), line);
    assertEquals(rest, []);
    assertStringIncludes(report.screen, "storing ");
  } finally {
    await Deno.remove(file);
  }
});

Deno.test("Ctrl-C while migrating leaves what was done, and the summary", POSIX, async () => {
  const many = new URL("../fixtures/many_keyring.ts", import.meta.url).pathname;
  const script = inShell(`exec "\${@:1:5}" migrate --from ${many} --to ${KEYRING}`);
  const report = await onTerminal(script, "s left", ["\x03"]);
  assertEquals(report.status, -2);
  const lines = shown(report.screen);
  const summary = lines.pop() ?? "";
  assertEquals(lines[0], "copied  s  1000");
  assert(lines.every((line) => /^copied {2}s {2}1\d\d\d$/.test(line)), report.screen);
  const left = 200 - lines.length;
  assertEquals(
    summary,
    `copied ${lines.length}, replaced 0, same 0, one entry 0, deleted 0, skipped ${left}`,
  );
});

Deno.test("Ctrl-Z at a prompt stops the command, and keeps what was typed", POSIX, async () => {
  for (const flags of ["-A", "--allow-env --allow-read"]) {
    const script = inShell(
      `set -m; "$1" run -q ${flags} "\${@:5}" set s u; echo "status $?"; stty -a | grep -o '\\S*icanon'; fg; echo done`,
    );
    const { screen } = await onTerminal(script, "'s': ", [
      "one\x1a",
      { until: "icanon" },
      { until: "'s': " },
      "two\r",
      { until: "done" },
    ]);
    const lines = shown(screen);
    assert(lines.includes("status 148"), screen);
    assert(lines.includes("icanon"), screen);
    assert(lines.includes("6 characters"), screen);
    assert(lines.includes('Stored the password of "u" for "s" (Memory)'), screen);
  }
});

Deno.test("Ctrl-Z at a prompt asks again where no shell can continue it", POSIX, async () => {
  const { status, screen } = await onTerminal(inShell('exec "$@" set s u'), "'s': ", [
    "one\x1a",
    { until: "'s': " },
    "two\r",
  ]);
  assertEquals(status, 0);
  assertEquals(shown(screen).at(-2), "6 characters");
  assertEquals(shown(screen).at(-1), 'Stored the password of "u" for "s" (Memory)');
});

Deno.test(
  "Ctrl-Z at a prompt for a passphrase stops the command beside a pipe, too",
  POSIX,
  async () => {
    await using encrypted = await TemporaryFile.empty();
    const keyring = encrypted.open({ passphrase: "one two" });
    await keyring.create();
    await keyring.setPassword("s", "u", "s3cret");
    const start = `export KEYRING_FILE=${encrypted.path}; unset KEYRING_FILE_IDENTITY; set -m`;
    const script = inShell(
      `${start}; echo | "\${@:1:5}" -b file get s u; fg; echo "done $?"`,
    );
    const { screen } = await onTerminal(script, "Passphrase for ", [
      "one \x1a",
      { until: "Stopped" },
      { until: "Passphrase for " },
      "two\r",
      { until: "done" },
    ]);
    assert(shown(screen).includes("s3cret"), screen);
    assert(shown(screen).includes("done 0"), screen);
  },
);

Deno.test("set says nothing when the password comes from a pipe", POSIX, async () => {
  const { status, screen } = await onTerminal(inShell('echo s3cret | "$@" set s u'), "", []);
  assertEquals([status, shown(screen)], [0, ["6 characters"]]);
});
