// @environment unit, windows
// @uses dbus-daemon (dbus), gnome-keyring-daemon (gnome-keyring)
//
// The README, run from top to bottom as it stands there under each of its two ways to install the
// command; only the package's specifier is replaced, by this checkout.

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import meta from "../deno.json" with { type: "json" };
import type { Outcome } from "./fixtures/command.ts";
import { ON_WINE } from "./fixtures/windows.ts";
import { Machine, noMachine, ON_WINDOWS } from "./support/machine.ts";
import {
  type Block,
  blocksOf,
  commandLines,
  powershellWords,
  readDocument,
} from "./support/markdown.ts";

// Windows has no store but the account's own, in which a person may have entries of these names.
const isOwnStore = ON_WINDOWS && !ON_WINE && Deno.env.get("CI") !== "true";
const ignore = noMachine || isOwnStore;
const README = await readDocument("README.md");
const DEPLOY = 'console.log(`deployed with ${Deno.env.get("API_TOKEN")}`);\n';

/** Runs a line of the README, with a password on standard input. */
async function runLine(machine: Machine, line: string): Promise<Outcome> {
  return await machine.run(ON_WINDOWS ? await windowsWords(machine, line) : line, "s3cret\n");
}

/** Windows itself has the shell that its lines are written for. */
async function install(machine: Machine, line: string): Promise<Outcome> {
  if (!ON_WINDOWS || ON_WINE) return await runLine(machine, line);
  const command = machine.fromCheckout(line);
  return await machine.run(["powershell", "-NoProfile", "-NonInteractive", "-Command", command]);
}

// No PowerShell runs under Wine. The command that Deno installs is a batch file of one line.
async function windowsWords(machine: Machine, line: string): Promise<string[]> {
  const [program, ...args] = powershellWords(machine.fromCheckout(line));
  if (program === "deno") return [Deno.execPath(), ...args];
  assertEquals(program, "keyring");
  const batch = await Deno.readTextFile(`${machine.folder}/root/bin/keyring.cmd`);
  const [, words = ""] = /^@deno(?:\.exe)? (.*) %\*$/m.exec(batch) ?? [];
  assert(words, batch);
  return [Deno.execPath(), ...powershellWords(words), ...args];
}

function isForThisSystem({ language }: Block): boolean {
  return language === "ts" || language === "sh" || (language === "powershell" && ON_WINDOWS);
}

async function runReadme(machine: Machine, installLine: string): Promise<string> {
  await machine.write("deploy.ts", DEPLOY);
  const installed = await install(machine, installLine);
  assertEquals(installed.code, 0, installed.err);
  let printed = "";
  for (const block of blocksOf(README).filter(isForThisSystem)) {
    const [, name] = /^\/\/ (\w+\.ts)$/m.exec(block.text) ?? [];
    if (block.language === "ts") {
      await machine.write(`${name}`, block.text);
      continue;
    }
    for (const line of commandLines(block)) {
      // The gate runs the lines for a fresh machine.
      if (/^deno install|^npx/.test(line)) continue;
      const { code, out, err } = await runLine(machine, line);
      assertEquals([code, err], [0, ""], line);
      printed += out.replaceAll("\r\n", "\n");
    }
  }
  return printed;
}

const INSTALL_LINES = blocksOf(README).filter(isForThisSystem).flatMap((block) =>
  commandLines(block)
).filter((line) => line.startsWith("deno install"));

Deno.test("README has a generous line to install the command, and one with fewer permissions", () => {
  assertEquals(INSTALL_LINES.length, 2);
  assertMatch(INSTALL_LINES[0] ?? "", / -A /);
  assert(!/ -A |--allow-\w+( |$)/.test(INSTALL_LINES[1] ?? ""), INSTALL_LINES[1]);
});

for (const [way, line = ""] of [["all", INSTALL_LINES[0]], ["few", INSTALL_LINES[1]]] as const) {
  Deno.test(`README runs from top to bottom with ${way} permissions`, { ignore }, async () => {
    await using machine = await Machine.start();
    const printed = await runReadme(machine, line);
    const [first, second, ...rest] = printed.split("\n");
    assertEquals([first, second], ["s3cret", "deployed with s3cret"]);
    // The account of a Windows has entries of its own.
    assertMatch(rest.join("\n"), /(^|\n)my_app +alice\b.*\ns3cret\n$/s);
  });
}

Deno.test("README is short, and pins the package", () => {
  assert(README.split("\n").length <= 151);
  for (const [specifier] of README.matchAll(/jsr:@os-keyring\/keyring\S*/g)) {
    assertStringIncludes(specifier, `keyring@^${meta.version.replace(/\.\d+$/, "")}`);
  }
});
