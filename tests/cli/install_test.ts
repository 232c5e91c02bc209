// Installs the command from this checkout, as the README says, and runs it from a clean PATH.

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import meta from "../../deno.json" with { type: "json" };

// Windows installs a batch file, which the rig under Wine has no shell for.
const POSIX = { ignore: Deno.build.os === "windows" };
const RUNTIME_FOLDER = "/nonexistent/user";
const REPOSITORY = new URL("../../", import.meta.url);

interface Outcome {
  code: number;
  out: string;
  err: string;
}

/** A folder that stands for the home of a user who has Deno and nothing else. */
class Home {
  private constructor(readonly path: string, readonly denoFolder: string) {}

  static async make(): Promise<Home> {
    const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["info", "--json"] })
      .output();
    const { denoDir } = JSON.parse(new TextDecoder().decode(stdout));
    return new Home(await Deno.realPath(await Deno.makeTempDir()), denoDir);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.path, { recursive: true });
  }

  async install(...flags: string[]): Promise<void> {
    const config = ["-c", "deno.json", "--root", `${this.path}/root`, "-n", "keyring"];
    const args = ["install", "-g", "--quiet", ...config, ...flags, "./cli.ts"];
    const { code, err } = await this.#run(Deno.execPath(), args, {});
    assertEquals(code, 0, err);
  }

  async keyring(args: string[], env: Record<string, string> = {}): Promise<Outcome> {
    return await this.#run("/bin/sh", ["-c", 'exec keyring "$@"', "sh", ...args], env);
  }

  async #run(command: string, args: string[], env: Record<string, string>): Promise<Outcome> {
    // The shared cache: nothing is downloaded. The shim looks for deno on the PATH.
    const own = {
      HOME: this.path,
      XDG_RUNTIME_DIR: RUNTIME_FOLDER,
      DENO_INSTALL_ROOT: `${this.path}/root`,
      DENO_DIR: this.denoFolder,
      NO_COLOR: "1",
      PATH: `${this.path}/root/bin:${Deno.execPath().replace(/\/[^/]+$/, "")}`,
    };
    const { code, stdout, stderr } = await new Deno.Command(command, {
      args,
      cwd: REPOSITORY,
      clearEnv: true,
      env: { ...own, ...env },
      stdin: "null",
    }).output();
    const decoder = new TextDecoder();
    return { code, out: decoder.decode(stdout), err: decoder.decode(stderr) };
  }
}

/** The flags of the README's line for this system. */
async function readmeFlags(): Promise<string[]> {
  const readme = await Deno.readTextFile(new URL("README.md", REPOSITORY));
  const system = Deno.build.os === "darwin" ? "macOS" : "Linux";
  const line = new RegExp(`^# ${system}\\ndeno install -g -n keyring (.+) jsr:\\S+/cli$`, "m");
  const [, flags] = readme.replaceAll(/ \\\n +/g, " ").match(line) ?? [];
  assert(flags, `the README does not tell how to install the command on ${system}`);
  // As a shell would.
  return flags.replaceAll("$XDG_RUNTIME_DIR", RUNTIME_FOLDER).split(" ");
}

Deno.test("the installed command runs with the flags of the README only", POSIX, async () => {
  await using home = await Home.make();
  const flags = await readmeFlags();
  await home.install("--no-prompt", ...flags);
  assertEquals(await home.keyring(["--version"]), {
    code: 0,
    out: `keyring ${meta.version}\n`,
    err: "",
  });
  const help = await home.keyring(["--help"]);
  assertEquals([help.code, help.err], [0, ""]);
  assertMatch(help.out, /^usage: keyring /m);
  const diagnosis = await home.keyring(["diagnose"]);
  assertEquals([diagnosis.code, diagnosis.err], [0, ""]);
  assertMatch(diagnosis.out, /^chosen: /m);
  for (const flag of flags) assert(!diagnosis.out.includes(flag), diagnosis.out);
});

Deno.test(
  "the installed command finds nothing in a keyring that keeps nothing",
  POSIX,
  async () => {
    await using home = await Home.make();
    await home.install("--no-prompt", "--allow-env=KEYRING_BACKEND", ...(await readmeFlags()));
    const env = { KEYRING_BACKEND: "null" };
    const nothing = { code: 1, out: "", err: "" };
    assertEquals(await home.keyring(["get", "svc", "usr"], env), nothing);
    assertEquals(await home.keyring(["get", "svc", "--mode=creds"], env), nothing);
    const wrong = await home.keyring(["get", "svc"], env);
    assertEquals([wrong.code, wrong.out], [2, ""]);
    assertStringIncludes(wrong.err, "keyring: error: get requires service and username\n");
  },
);

Deno.test("the installed command names the flag that it was not given", POSIX, async () => {
  await using home = await Home.make();
  await home.install("--no-prompt");
  const { code, out, err } = await home.keyring(["diagnose"]);
  assertEquals([code, err], [0, ""]);
  const named = out.replaceAll("$XDG_RUNTIME_DIR", RUNTIME_FOLDER);
  assertStringIncludes(named, `needs ${(await readmeFlags()).join(" ")}`);
});
