// @environment unit, windows
//
// `keyring run` on a keyring in memory; what it starts is only written down.

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import type { Program } from "../../src/cli/command.ts";
import { MemoryKeyring } from "../../src/backends/memory.ts";
import { CommandError } from "../../src/cli/usage_error.ts";
import { KeyringLockedError } from "../../src/errors.ts";
import { StoreKeyring } from "../../src/store_keyring.ts";
import type { Outcome } from "../fixtures/command.ts";
import { pipedText, runMain } from "../fixtures/main.ts";
import { BatchBackend } from "../fixtures/stores.ts";

interface Run extends Outcome {
  started: Program[];
}

const ENTRIES = [
  ["my_app", "alice", "made-up 1"],
  ["https://host.example:8080/a/b", "alice", "made-up 2"],
  ["my_app/", "team/bob", "made-up 3"],
  ["100%", "", "made-up 4"],
  ["a b#c", " d\n", "made-up 5"],
] as const;

async function run(
  args: string[],
  options: { keyring?: MemoryKeyring; os?: "linux" | "windows"; code?: number } = {},
): Promise<Run> {
  const keyring = options.keyring ?? new MemoryKeyring();
  for (const [service, username, password] of ENTRIES) {
    await keyring.setPassword(service, username, password);
  }
  const started: Program[] = [];
  const outcome = await runMain(["run", ...args], keyring, {
    runProgram: (program) => {
      started.push(program);
      return Promise.resolve(options.code ?? 0);
    },
    os: options.os ?? "linux",
  });
  return { ...outcome, started };
}

async function withFile(content: string | Uint8Array, use: (path: string) => Promise<void>) {
  const path = await Deno.makeTempFile({ suffix: ".env" });
  try {
    if (typeof content === "string") await Deno.writeTextFile(path, content);
    else await Deno.writeFile(path, content);
    await use(path);
  } finally {
    await Deno.remove(path);
  }
}

/** Nothing was started, and this one sentence says why. */
async function refuse(args: string[], code: number, reason: string): Promise<void> {
  const outcome = await run(args);
  assertEquals([outcome.code, outcome.out, outcome.started], [code, "", []]);
  // The line that installs the command with what it lacks follows where that is a permission.
  const own = outcome.err.replace(
    /^To install the command with it \(add again what you had allowed for other programs and files\): deno install -gf .*\n$/m,
    "",
  );
  const last = own.split("\n").at(-2) ?? "";
  assertEquals(last.replace(/^keyring: (error: )?/, ""), reason);
  assert(code === 2 || own.split("\n").length === 2, outcome.err);
}

Deno.test("run starts a program with the passwords in its environment", async () => {
  const args = ["--env", "A=my_app/alice", "--env=b_2=my_app/alice", "--", "prog", "-x", "--", "y"];
  const { code, out, err, started } = await run(args, { code: 42 });
  assertEquals([code, out, err], [42, "", ""]);
  const env = { A: "made-up 1", b_2: "made-up 1" };
  assertEquals(started, [{ program: "prog", args: ["-x", "--", "y"], env }]);
});

Deno.test("run takes services and usernames of whatever characters", async () => {
  const names = {
    "my_app/alice": "made-up 1",
    "https://host.example:8080/a/b/alice": "made-up 2",
    "https:%2F%2Fhost.example%3a8080/a%2fb/%61lice": "made-up 2",
    "my_app//team%2Fbob": "made-up 3",
    "100%25/": "made-up 4",
    "a b#c/%20d%0A": "made-up 5",
  };
  for (const [name, password] of Object.entries(names)) {
    for (const value of [name, `keyring://${name}`, `Keyring://${name}`]) {
      const { err, started } = await run(["--env", `A=${value}`, "--", "x"]);
      assertEquals([err, started[0]?.env], ["", { A: password }]);
    }
    await withFile(`A="keyring://${name}"`, async (path) => {
      assertEquals((await run(["--env-file", path, "--", "x"])).started[0]?.env, { A: password });
    });
  }
});

Deno.test("run reads .env files with references among plain values", async () => {
  const content = "\ufeff# a comment\r\nexport A=keyring://my_app/alice # of it\r\n\r\n \t\n" +
    "  # more\n\tB='KEYRING://100%25/'  \nPLAIN=my_app/alice\nEMPTY=\nTWICE=keyring://x/y\n" +
    "TWICE=\"two\\n\nlines\" # last\nPATH=/opt/$HOME/bin:${PATH}\nRAW='a\\nb # c'\nA.b-c=`\"'`\n" +
    "not a variable\n__proto__=1";
  await withFile(content, async (path) => {
    await withFile('C="keyring://a b#c/%20d%0A"', async (second) => {
      const args = ["--env-file", path, "--env", "D=my_app/alice", "--env-file", second];
      const { code, err, started } = await run([...args, "--", "x"]);
      assertEquals([code, err], [0, ""]);
      const env = {
        D: "made-up 1",
        A: "made-up 1",
        B: "made-up 4",
        C: "made-up 5",
        PLAIN: "my_app/alice",
        EMPTY: "",
        TWICE: "two\n\nlines",
        PATH: "/opt/$HOME/bin:${PATH}",
        RAW: "a\\nb # c",
        "A.b-c": "\"'",
        ["__proto__"]: "1",
      };
      assertEquals(started[0]?.env, env);
    });
  });
});

Deno.test("run refuses an .env file without a reference, and shows the form of one", async () => {
  for (const content of ["", "# nothing yet\n", "A=my_app/alice\nB=keyring:/my_app/alice"]) {
    await withFile(content, async (path) => {
      const reason =
        `${path} has no reference to an entry. Write one as NAME=keyring://SERVICE/USERNAME`;
      await refuse(["--env-file", path, "--", "x"], 1, reason);
      await refuse(["--env", "C=my_app/alice", "--env-file", path, "--", "x"], 1, reason);
    });
  }
});

Deno.test("run takes a reference only as the whole value", async () => {
  const values = ['"keyring://my_app/alice', "'keyring://s/u", "postgres://u:keyring://s/u@host"];
  for (const value of values) {
    await withFile(`A=${value}\nB=keyring://my_app/alice`, async (path) => {
      const reason = "a reference must be the whole value, and a quote before it must be closed";
      await refuse(["--env-file", path, "--", "x"], 1, `${path}, line 1: ${reason}`);
    });
  }
});

Deno.test("run takes values of up to 64 KiB from a file", async () => {
  const longest = "é".repeat(32 * 1024);
  const rest = "\nB=keyring://my_app/alice";
  await withFile(`\nA=${longest}${rest}`, async (path) => {
    const { started } = await run(["--env-file", path, "--", "x"]);
    assertEquals(started[0]?.env, { A: longest, B: "made-up 1" });
  });
  await withFile(`\nA="${longest}x"${rest}`, async (path) => {
    const reason = `${path}, line 2: the value has more than 64 KiB`;
    await refuse(["--env-file", path, "--", "x"], 1, reason);
  });
});

Deno.test("run finds the lines of a file with very many variables at once", async () => {
  const many = Array.from({ length: 40_000 }, (_, index) => `A${index}=1`).join("\n");
  await withFile(`${many}\nexport  B = keyring://my_app\n`, async (path) => {
    const started = performance.now();
    const reason =
      `${path}, line 40001: B does not name an entry; write SERVICE/USERNAME, not the password itself`;
    await refuse(["--env-file", path, "--", "x"], 1, reason);
    assert(performance.now() - started < 20_000);
  });
});

Deno.test("run reads an .env file from standard input", async () => {
  const keyring = new MemoryKeyring();
  await keyring.setPassword("s", "u", "made-up");
  const started: Program[] = [];
  const runProgram = (program: Program) => Promise.resolve(started.push(program) - 1);
  const args = ["run", "--env-file", "-", "--", "x"];
  const { err } = await runMain(args, keyring, {
    stdin: pipedText("A=keyring://s/u\n"),
    runProgram,
  });
  assertEquals([err, started[0]?.env], ["", { A: "made-up" }]);
  const wrong = await runMain(args, keyring, { stdin: pipedText("\nA=keyring://s"), runProgram });
  assertStringIncludes(wrong.err, "keyring: standard input, line 2: A does not name an entry");
});

Deno.test("run tells what its command line lacks", async () => {
  await refuse([], 2, "run requires a program, after --");
  await refuse(["--env", "A=my_app/alice"], 2, "run requires a program, after --");
  await refuse(["--env", "A=my_app/alice", "prog"], 2, "run requires a program, after --");
  await refuse(["--env", "A=my_app/alice", "a", "--", "b"], 2, "run requires a program, after --");
  await refuse(["--", "prog"], 2, "run requires --env or --env-file");
});

const NAME =
  "the name of a variable consists of letters, digits and _, and must not start with a digit";
const WRONG: [string, string][] = [
  ["A", "write it as NAME=SERVICE/USERNAME"],
  ["hunter2/x", "write it as NAME=SERVICE/USERNAME"],
  ["A=hunter2", "A does not name an entry; write SERVICE/USERNAME, not the password itself"],
  ["A=", "A does not name an entry; write SERVICE/USERNAME, not the password itself"],
  ["A=/alice", "A has no service before the last /"],
  ["A=100%/alice", "A has a % without two hexadecimal digits; write % itself as %25"],
  ["A=my_app/%ff", "A has a % without two hexadecimal digits; write % itself as %25"],
  ["=my_app/alice", NAME],
  ["1A=my_app/alice", NAME],
  ["A B=my_app/alice", NAME],
  ["A =my_app/alice", NAME],
  ["é=my_app/alice", NAME],
  ["A\x1b[2J=my_app/alice", NAME],
  [
    "LD_PRELOAD=my_app/alice",
    "LD_PRELOAD tells programs what to load or run; it must not hold a secret",
  ],
];

Deno.test("run refuses an assignment that is wrong, and does not repeat what it says", async () => {
  for (const [text, reason] of WRONG) {
    await refuse(["--env", text, "--", "x"], 2, `argument --env: ${reason}`);
    // What has no = or no name is none of its lines.
    if (!/[^= ]=/.test(text)) continue;
    const line = text.replace("=", "=keyring://");
    await withFile(`# first\n\n${line}\nB=keyring://also wrong`, async (path) => {
      await refuse(["--env-file", path, "--", "x"], 1, `${path}, line 3: ${reason}`);
    });
  }
});

Deno.test("run refuses variables that make programs load or run something", async () => {
  const names = ["LD_LIBRARY_PATH", "DYLD_INSERT_LIBRARIES", "PATH", "Path", "BASH_ENV", "IFS"];
  for (
    const name of [
      ...names,
      "NODE_OPTIONS",
      "PYTHONPATH",
      "PERL5OPT",
      "GIT_SSH_COMMAND",
      "KEYRING_ASKPASS",
    ]
  ) {
    await refuse(
      ["--env", `${name}=my_app/alice`, "--", "x"],
      2,
      `argument --env: ${name} tells programs what to load or run; it must not hold a secret`,
    );
  }
  for (const name of ["LDAP_PASSWORD", "PATH_TOKEN", "DENO_AUTH_TOKENS", "GIT_CONFIG_VALUE_0"]) {
    assertEquals((await run(["--env", `${name}=my_app/alice`, "--", "x"])).code, 0);
  }
});

Deno.test("no plain value of a file is repeated, whatever is wrong with it", async () => {
  const lines = [
    "c2VjcmV0",
    "c2VjcmV0=",
    "c2VjcmV0==",
    "c2VjcmV0 = x/y",
    "A=c2VjcmV0",
    "A=postgres://u:c2VjcmV0@host/db",
    "A=https://u:%63c2VjcmV0%@host/db",
    "c2VjcmV0=x/y\nc2VjcmV0=x/y",
    "c2VjcmV0_EDITOR=x/y",
    "export A=c2VjcmV0/x",
    "-----BEGIN PRIVATE KEY-----\nc2VjcmV0",
    "A=x\0c2VjcmV0/y",
    "A=%00c2VjcmV0/y",
    `A=${"c2VjcmV0".repeat(50)}/y`,
    "A=keyring://c2VjcmV0",
    "A=keyring:///c2VjcmV0",
    "A=keyring://c2VjcmV0%/x",
    "A=c2VjcmV0\nB=keyring://s/u",
    "c2VjcmV0 x=keyring://s/u",
    "A=c2VjcmV0 keyring://s/u",
  ];
  const locked = new MemoryKeyring();
  locked.getPassword = (service, username) => {
    const details = { operation: "get", service, username } as const;
    return Promise.reject(new KeyringLockedError("it is locked", details));
  };
  for (const keyring of [new MemoryKeyring(), locked]) {
    for (const line of lines) {
      await withFile(line, async (path) => {
        const { code, out, err } = await run(["--env-file", path, "--", "x"], { keyring });
        assertEquals([code, out], [1, ""], line);
        assert(line.includes("\nB=keyring") || err.includes(path), err);
        assert(!err.includes("c2VjcmV0"), err);
      });
    }
  }
});

Deno.test("run refuses a variable that is given twice, and names both places", async () => {
  await withFile("B=keyring://my_app/alice\nA=plain\n", async (path) => {
    const args = ["--env", "A=my_app/alice", "--env-file", path, "--", "x"];
    await refuse(args, 1, `A is given twice, by --env and by ${path}, line 2`);
  });
  const args = ["--env", "A=my_app/alice", "--env", "a=my_app/alice", "--", "x"];
  const { code, err } = await run(args, { os: "windows" });
  assertEquals([code, err], [1, "keyring: a is given twice, by --env and by --env\n"]);
  assertEquals((await run(args)).code, 0);
});

Deno.test("run names every entry that is missing, and starts nothing", async () => {
  const args = ["A=my_app/alice", "B=my_app/bob", "C=https://x.example/y/z"];
  await refuse(
    [...args.flatMap((arg) => ["--env", arg]), "--", "x"],
    1,
    'Nothing was started: there is no password of "bob" for "my_app" (B), ' +
      'of "z" for "https://x.example/y" (C)',
  );
});

Deno.test("run reads all passwords in one opening, where the store can", async () => {
  const backend = new BatchBackend();
  const keyring = new StoreKeyring(backend);
  await keyring.setPassword("s", "u", "made-up 1");
  await keyring.setPassword("s", "v", "made-up 2");
  backend.log.length = 0;
  const started: Program[] = [];
  const { code } = await runMain(["run", "--env=A=s/u", "--env=B=s/v", "--", "x"], keyring, {
    runProgram: (program) => Promise.resolve(started.push(program) - 1),
  });
  assertEquals([code, started[0]?.env], [0, { A: "made-up 1", B: "made-up 2" }]);
  assertEquals(backend.log, ["open"]);
  const missing = await runMain(["run", "--env=A=s/u", "--env=B=s/w", "--", "x"], keyring);
  assertEquals(missing.code, 1);
  assertStringIncludes(missing.err, 'there is no password of "w" for "s" (B)');
});

Deno.test("run refuses a password that no variable can hold", async () => {
  const keyring = new MemoryKeyring();
  await keyring.setPassword("s", "nul", "made\0up");
  await keyring.setSecret("s", "bytes", Uint8Array.of(0xff, 0xfe, 0x00));
  for (const [name, reason] of [["nul", "contains a NUL"], ["bytes", "not text"]] as const) {
    const { code, err, started } = await run(["--env", `A=s/${name}`, "--", "x"], { keyring });
    assertEquals([code, started], [1, []]);
    assertStringIncludes(err, reason);
    assert(!err.includes("made"), err);
  }
});

Deno.test("run starts nothing when the keyring fails", async () => {
  const keyring = new MemoryKeyring();
  keyring.getPassword = (service, username) =>
    Promise.reject(new KeyringLockedError("it is locked", { operation: "get", service, username }));
  const { code, err, started } = await run(["--env", "A=s/u", "--", "x"], { keyring });
  assertEquals([code, started], [1, []]);
  assertEquals(
    err,
    'keyring: Cannot read the password of "u" for "s": it is locked. See docs/errors.md#keyringlockederror.\n',
  );
});

Deno.test("run tells why it cannot read an .env file", async () => {
  for (const path of ["/nonexistent/.env", "."]) {
    const { code, err, started } = await run(["--env-file", path, "--", "x"]);
    assertEquals([code, started], [1, []]);
    assertMatch(err, /^keyring: Cannot read [^:]+: .+\n$/);
  }
  await withFile(Uint8Array.of(0x41, 0xff), async (path) => {
    const reason =
      `Cannot read ${path}: line 1 is not valid UTF-8; text must be UTF-8, or UTF-16 ` +
      "with a byte order mark";
    await refuse(["--env-file", path, "--", "x"], 1, reason);
  });
  await withFile("# \n".repeat(400_000), async (path) => {
    const reason = `Cannot read ${path}: it has more than 1024 KiB`;
    await refuse(["--env-file", path, "--", "x"], 1, reason);
  });
});

Deno.test(
  "run names the permission that reading an .env file lacks",
  { permissions: "none" },
  async () => {
    await refuse(
      ["--env-file", "prod.env", "--", "x"],
      1,
      "Cannot read prod.env: a Deno permission is missing. " +
        "Add --allow-read=prod.env to the deno command.",
    );
  },
);

Deno.test("run exits with the code of a program that could not be started", async () => {
  const keyring = new MemoryKeyring();
  await keyring.setPassword("s", "u", "made-up");
  const { code, err } = await runMain(["run", "--env", "A=s/u", "--", "x"], keyring, {
    runProgram: () => Promise.reject(new CommandError("Cannot start it", { exitCode: 127 })),
  });
  assertEquals([code, err], [127, "keyring: Cannot start it\n"]);
});
