// @environment unit, windows
// @needs dbus-daemon (dbus), gnome-keyring-daemon (gnome-keyring)
//
// The README, run from top to bottom as it stands there under each of its two ways to install the
// command; only the package's specifier is replaced, by this checkout.

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import meta from "../deno.json" with { type: "json" };
import { type Outcome, runToEnd } from "./fixtures/command.ts";
import { GnomeSession, noGnome } from "./support/gnome_session.ts";
import {
  type Block,
  blocksOf,
  commandLines,
  fromCheckout,
  powershellWords,
  readDocument,
  SYSTEM,
} from "./support/markdown.ts";

const ON_WINDOWS = SYSTEM === "Windows";
const ignore = SYSTEM === "macOS" || (SYSTEM === "Linux" && noGnome);
const README = await readDocument("README.md");
const DEPLOY = 'console.log(`deployed with ${Deno.env.get("API_TOKEN")}`);\n';

/** A folder with nothing but Deno, and the keyring of this system. */
class Machine implements AsyncDisposable {
  private constructor(
    readonly folder: string,
    readonly session: GnomeSession | undefined,
    readonly env: Record<string, string>,
  ) {}

  static async start(): Promise<Machine> {
    const folder = await Deno.realPath(await Deno.makeTempDir());
    const session = ON_WINDOWS ? undefined : await GnomeSession.start();
    const separator = ON_WINDOWS ? ";" : ":";
    const path = [`${folder}/root/bin`, Deno.execPath().replace(/[\\/][^\\/]+$/, "")];
    const env = {
      ...session?.env,
      DENO_INSTALL_ROOT: `${folder}/root`,
      NO_COLOR: "1",
      PATH: [...path, Deno.env.get("PATH")].join(separator),
    };
    return new Machine(folder, session, env);
  }

  /** Runs a line of the README, with a password on standard input. */
  async run(line: string): Promise<Outcome> {
    const text = fromCheckout(line, meta.exports);
    const [program = "", ...args] = ON_WINDOWS
      ? await this.#windowsWords(text)
      : ["/bin/sh", "-c", text];
    return await runToEnd(program, args, "s3cret\n", this.env, this.folder);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.session?.[Symbol.asyncDispose]();
    await Deno.remove(this.folder, { recursive: true });
  }

  // No PowerShell runs under Wine. The command that Deno installs is a batch file of one line.
  async #windowsWords(line: string): Promise<string[]> {
    const [program, ...args] = powershellWords(line);
    if (program === "deno") return [Deno.execPath(), ...args];
    assertEquals(program, "keyring");
    const batch = await Deno.readTextFile(`${this.folder}/root/bin/keyring.cmd`);
    const [, words = ""] = /^@deno(?:\.exe)? (.*) %\*$/m.exec(batch) ?? [];
    assert(words, batch);
    return [Deno.execPath(), ...powershellWords(words), ...args];
  }
}

function isForThisSystem({ language }: Block): boolean {
  return language === "ts" || language === "sh" || (language === "powershell" && ON_WINDOWS);
}

async function runReadme(machine: Machine, installLine: string): Promise<string> {
  await Deno.writeTextFile(`${machine.folder}/deploy.ts`, DEPLOY);
  const installed = await machine.run(installLine);
  assertEquals(installed.code, 0, installed.err);
  let printed = "";
  for (const block of blocksOf(README).filter(isForThisSystem)) {
    const [, name] = /^\/\/ (\w+\.ts)$/m.exec(block.text) ?? [];
    if (block.language === "ts") {
      const text = fromCheckout(block.text, meta.exports);
      await Deno.writeTextFile(`${machine.folder}/${name}`, text);
      continue;
    }
    for (const line of commandLines(block)) {
      // The gate runs the lines for a fresh machine.
      if (/^deno install|^npx/.test(line)) continue;
      const { code, out, err } = await machine.run(line);
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
    assertMatch(rest.join("\n"), /^my_app +alice\b.*\ns3cret\n$/s);
  });
}

Deno.test("README is short, and pins the package", () => {
  assert(README.split("\n").length <= 151);
  for (const [specifier] of README.matchAll(/jsr:@os-keyring\/keyring\S*/g)) {
    assertStringIncludes(specifier, `keyring@^${meta.version.replace(/\.\d+$/, "")}`);
  }
});
