// Installs the command from this checkout, as the README says, and runs it from a clean PATH.

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { main } from "../../src/cli/main.ts";
import meta from "../../deno.json" with { type: "json" };
import { joinLines } from "../support/markdown.ts";

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
  private constructor(readonly path: string, private denoFolder: string) {}

  static async make(): Promise<Home> {
    const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["info", "--json"] })
      .output();
    const { denoDir } = JSON.parse(new TextDecoder().decode(stdout));
    return new Home(await Deno.realPath(await Deno.makeTempDir()), denoDir);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.path, { recursive: true });
  }

  /** Has nothing but npm packages in its cache from now on. */
  async useEmptyCache(): Promise<void> {
    const empty = `${this.path}/cache`;
    await Deno.mkdir(empty);
    await Deno.symlink(`${this.denoFolder}/npm`, `${empty}/npm`);
    this.denoFolder = empty;
  }

  /** Installs the command with these flags, as a shell reads them. */
  async install(flags: string, module = "./cli.ts"): Promise<void> {
    const config = `-c deno.json --root "$HOME/root" -n keyring`;
    const line = `exec deno install -g --quiet ${config} --no-prompt ${flags} ${module}`;
    const { code, err } = await this.#run("/bin/sh", ["-c", line], {});
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

/** What the command prints. */
async function printed(...args: string[]): Promise<string> {
  let text = "";
  const writeOut = (bytes: Uint8Array) => {
    text += new TextDecoder().decode(bytes);
    return Promise.resolve();
  };
  await main(args, { writeOut });
  return text;
}

/** The flags in the command's own help. */
async function helpFlags(): Promise<string> {
  const text = await printed("--help");
  const [, flags] = /^ +deno install -gf (.+) -n keyring jsr:\S+\/cli$/m.exec(text) ?? [];
  assert(flags, text);
  return flags;
}

/** The flags of the line that the command prints where it may read nothing. */
async function setupFlags(): Promise<string> {
  const args = ["run", "--quiet", "--no-prompt", "--no-check", "cli.ts", "setup"];
  const { stdout } = await new Deno.Command(Deno.execPath(), { args, cwd: REPOSITORY }).output();
  const text = new TextDecoder().decode(stdout);
  const [, flags] = /^deno install -gf -n keyring (.+) -c \S+ \S+cli\.ts\n$/.exec(text) ?? [];
  assert(flags, text);
  return flags;
}

/** The flags of the README's line for this system. */
async function readmeFlags(): Promise<string> {
  const readme = await Deno.readTextFile(new URL("README.md", REPOSITORY));
  const system = Deno.build.os === "darwin" ? "macOS" : "Linux";
  const line = new RegExp(`^# ${system}\\ndeno install -gf -n keyring (.+) jsr:\\S+/cli$`, "m");
  const [, flags] = joinLines(readme).match(line) ?? [];
  assert(flags, `the README does not tell how to install the command on ${system}`);
  return flags;
}

const LINES = [["README", readmeFlags], ["help", helpFlags], ["setup", setupFlags]] as const;

for (const [place, flagsOf] of LINES) {
  Deno.test(`the installed command runs with the flags of ${place} only`, POSIX, async () => {
    await using home = await Home.make();
    await home.install(await flagsOf());
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
    assertMatch(diagnosis.out, /^chosen: (secret-service|macos) /m);
    assertEquals(/not read|secret-tool|bin\/security/.test(diagnosis.out), false, diagnosis.out);
  });
}

Deno.test("the installed command keeps to what chooses the keyring", POSIX, async () => {
  await using home = await Home.make();
  await home.install(await readmeFlags());
  const nothing = { code: 1, out: "", err: "" };
  for (const variable of ["KEYRING_BACKEND", "PYTHON_KEYRING_BACKEND"]) {
    const env = { [variable]: "keyring.backends.null.Keyring" };
    assertEquals(await home.keyring(["get", "svc", "usr"], env), nothing);
    assertEquals(await home.keyring(["get", "svc", "--mode=creds"], env), nothing);
    const wrong = await home.keyring(["get", "svc"], env);
    assertEquals([wrong.code, wrong.out], [2, ""]);
    assertStringIncludes(wrong.err, "keyring: error: get requires service and username\n");
  }
  // As Python's `keyring --disable` writes it.
  await Deno.mkdir(`${home.path}/.config/python_keyring`, { recursive: true });
  const file = `${home.path}/.config/python_keyring/keyringrc.cfg`;
  await Deno.writeTextFile(file, "[backend]\ndefault-keyring=keyring.backends.null.Keyring");
  assertEquals(await home.keyring(["get", "svc", "usr"]), nothing);
});

Deno.test("the installed command names the flags that it was not given", POSIX, async () => {
  await using home = await Home.make();
  await home.install("");
  const { code, out, err } = await home.keyring(["diagnose"]);
  assertEquals([code, err], [0, ""]);
  const storeFlag = Deno.build.os === "darwin"
    ? "--allow-run=/usr/bin/security"
    : "--allow-env=DBUS_SESSION_BUS_ADDRESS,";
  assertStringIncludes(out, `needs ${storeFlag}`);
  assertStringIncludes(out, "not read: KEYRING_BACKEND, PYTHON_KEYRING_BACKEND, ");
});

/** Serves this checkout as a registry would, over HTTP. */
function serveCheckout(): Deno.HttpServer<Deno.NetAddr> {
  const options = { hostname: "127.0.0.1", port: 0, onListen() {} };
  return Deno.serve(options, async ({ url }) => {
    const path = new URL(`.${new URL(url).pathname}`, REPOSITORY);
    const headers = { "content-type": `application/${/json$/.test(url) ? "json" : "typescript"}` };
    return new Response(await Deno.readTextFile(path), { headers });
  });
}

Deno.test(
  "the flag of the FAQ leaves no file to be downloaded later",
  POSIX,
  async () => {
    const faq = await Deno.readTextFile(new URL("docs/faq.md", REPOSITORY));
    const [, flag] = /^deno install -gf -A (--unstable-\S+) -n keyring jsr:/m.exec(faq) ?? [];
    assert(flag);
    await using home = await Home.make();
    await home.useEmptyCache();
    {
      await using server = serveCheckout();
      const origin = `127.0.0.1:${server.addr.port}`;
      // The workspace has a stand-in for @std/cli.
      const flags = `--allow-env --allow-import=${origin} --allow-read=dev/std/cli ${flag}`;
      await home.install(flags, `http://${origin}/cli.ts`);
    }
    assertEquals(await home.keyring(["-b", "null", "get", "svc", "usr"]), {
      code: 1,
      out: "",
      err: "",
    });
    for (const command of ["migrate", "windows", "git-credential"]) {
      const { code, out, err } = await home.keyring([command, "--help"]);
      assertEquals([code, err], [0, ""]);
      assertStringIncludes(out, `usage: keyring ${command} `);
    }
  },
);
