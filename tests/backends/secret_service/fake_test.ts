// @environment linux
//
// What secret-tool could do and a real one hardly ever does, done by a shell script in its place.

import {
  assertEquals,
  assertInstanceOf,
  assertLess,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import {
  InitError,
  KeyringError,
  KeyringLockedError,
  KeyringPermissionError,
  KeyringTimeoutError,
  NoKeyringError,
  PasswordSetError,
  SecretTooLargeError,
} from "../../../src/errors.ts";
import { LargeSecretKeyring } from "../../../src/large_secrets/large_secret_keyring.ts";
import {
  probeSecretService,
  SecretServiceKeyring,
} from "../../../src/backends/secret_service/backend.ts";

const ignore = Deno.build.os !== "linux";
const SECRET = "made-up-secret";

/** Runs a test with a keyring whose secret-tool is a shell script; `$log` names its log file. */
async function withFake(
  script: string,
  test: (keyring: SecretServiceKeyring, program: string, log: () => string) => Promise<void>,
  timeoutMs = 10_000,
): Promise<void> {
  const directory = await Deno.makeTempDir();
  try {
    const program = `${directory}/secret-tool`;
    const log = `${directory}/log`;
    const whole = `#!/bin/sh\nlog=${log}\nprintf '%s ' "$@" >>"$log"\n${script}\n`;
    await Deno.writeTextFile(program, whole, { mode: 0o755 });
    const readLog = () => Deno.readTextFileSync(log);
    await test(new SecretServiceKeyring({ secretTool: program, timeoutMs }), program, readLog);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

/** Catches what a call rejects with, and makes sure that no secret is in it. */
async function failure(call: Promise<unknown>): Promise<KeyringError> {
  const error = await call.then(() => new Error("it did not reject"), (error) => error);
  assertInstanceOf(error, KeyringError);
  assertEquals(Deno.inspect(error).includes(SECRET), false);
  return error;
}

Deno.test({ name: "a missing secret-tool is a NoKeyringError with advice", ignore }, async () => {
  const keyring = new SecretServiceKeyring({ secretTool: "/nonexistent/secret-tool" });
  const calls = [
    keyring.getPassword("S", "U"),
    keyring.setPassword("S", "U", SECRET),
    keyring.deletePassword("S", "U"),
    keyring.list(),
    keyring.getCredential("S"),
  ];
  for (const call of calls) {
    const error = await failure(call);
    assertInstanceOf(error, NoKeyringError);
    assertStringIncludes(error.message, "apt install gnome-keyring libsecret-tools");
  }
});

Deno.test(
  {
    name: "a set of a new entry starts three programs, the first four, that of an old one six",
    ignore,
  },
  async () => {
    const script =
      'case $1 in search) [ -e "$log.old" ] && echo "attribute.service = S" >&2;; store) ' +
      'cat >"$log.old";; lookup) cat "$log.old";; esac';
    await withFake(script, async (store, program, log) => {
      const keyring = new LargeSecretKeyring(store);
      const programs = async () => {
        const before = log().length;
        await keyring.setPassword("S", "U", SECRET);
        return log().slice(before).match(/(search|store|lookup|clear) /g);
      };
      const folder = program.slice(0, program.lastIndexOf("/"));
      Deno.writeTextFileSync(`${folder}/log`, "");
      assertEquals(await programs(), ["search ", "search ", "store ", "search "]);
      // What it replaces is told to the wrapper, and what replaces it is first stored beside it.
      assertEquals(await programs(), [
        "search ",
        "search ",
        "lookup ",
        "store ",
        "store ",
        "clear ",
      ]);
      Deno.removeSync(`${folder}/log.old`);
      assertEquals(await programs(), ["search ", "search ", "store "]);
    });
  },
);

Deno.test({ name: "a secret-tool that is no program is an error", ignore }, async () => {
  const program = await Deno.makeTempFile();
  try {
    const keyring = new SecretServiceKeyring({ secretTool: program });
    assertInstanceOf(await failure(keyring.getPassword("S", "U")), NoKeyringError);
    await Deno.writeFile(program, new Uint8Array([127, 0]), { mode: 0o755 });
    await Deno.chmod(program, 0o755);
    await failure(keyring.getPassword("S", "U"));
  } finally {
    await Deno.remove(program);
  }
});

Deno.test(
  { name: "a name in doubt that cannot be an argument is not listed", ignore },
  async () => {
    const script = "exec >&2; echo attribute.service = S; echo attribute.username = a; echo b; " +
      '[ "$5" = S ] && [ "$6" = username ] && exit 0; echo attribute.service = S; ' +
      'printf "attribute.username = "; head -c 140000 /dev/zero | tr "\\0" x; echo';
    await withFake(script, async (keyring) => {
      assertEquals(await keyring.list({ service: "S" }), [{ service: "S", username: "a\nb" }]);
    });
  },
);

Deno.test({ name: "a secret-tool that hangs is a KeyringTimeoutError", ignore }, async () => {
  await withFake("exec sleep 30", async (keyring, program) => {
    assertInstanceOf(await failure(keyring.getPassword("S", "U")), KeyringTimeoutError);
    assertInstanceOf(await failure(keyring.setPassword("S", "U", SECRET)), KeyringTimeoutError);
    const probe = await probeSecretService({ secretTool: program, timeoutMs: 100 });
    assertEquals(probe.viable, false);
  }, 100);
});

Deno.test({ name: "an abort rejects with the signal's reason", ignore }, async () => {
  await withFake("exec sleep 30", async (keyring) => {
    const reason = new Error("enough");
    const signal = AbortSignal.abort(reason);
    assertEquals(await keyring.list({ signal }).catch((error) => error), reason);
    const controller = new AbortController();
    const call = keyring.getPassword("S", "U", { signal: controller.signal }).catch((e) => e);
    setTimeout(() => controller.abort(reason), 50);
    assertEquals(await call, reason);
  });
});

Deno.test({ name: "endless output is an error", ignore }, async () => {
  for (const script of ["exec yes", "exec yes >&2"]) {
    await withFake(script, async (keyring) => {
      const error = await failure(keyring.getPassword("S", "U"));
      assertStringIncludes(error.message, "more than any answer can have");
    });
  }
});

Deno.test({ name: "death by a signal is an error, whatever was printed", ignore }, async () => {
  await withFake(`printf ${SECRET}; kill -11 $$`, async (keyring) => {
    const error = await failure(keyring.getPassword("S", "U"));
    assertStringIncludes(error.message, "ended by a signal");
    assertEquals(error.code, 139);
    await failure(keyring.setPassword("S", "U", SECRET));
    await failure(keyring.deletePassword("S", "U"));
    await failure(keyring.list());
  });
});

Deno.test({ name: "a secret that turns up on stderr is not told", ignore }, async () => {
  const scripts = [
    "cat >&2; exit 1",
    `echo ${SECRET} >&2; exit 1`,
    `echo "x: ${SECRET}" >&2; exit 2`,
  ];
  for (const script of scripts) {
    await withFake(`[ "$1" != search ] || exit 0; ${script}`, async (keyring) => {
      await failure(keyring.setPassword("S", "U", SECRET));
      if (script.startsWith("cat")) return;
      await failure(keyring.getPassword("S", "U"));
      await failure(keyring.deletePassword("S", "U"));
    });
  }
});

Deno.test({ name: "an unknown exit code is an error", ignore }, async () => {
  await withFake("exit 42", async (keyring) => {
    assertStringIncludes((await failure(keyring.getPassword("S", "U"))).message, "exit code 42");
  });
});

Deno.test(
  { name: "a truncated store is a PasswordSetError although it exits with 0", ignore },
  async () => {
    const script = '[ "$1" = store ] || exit 0; cat >/dev/null; ' +
      "echo 'secret-tool: password is too long' >&2";
    await withFake(script, async (keyring) => {
      assertInstanceOf(await failure(keyring.setPassword("S", "U", SECRET)), PasswordSetError);
    });
  },
);

Deno.test({ name: "each text on stderr has its error", ignore }, async () => {
  const cases = [
    ["Cannot autolaunch D-Bus without X11 $DISPLAY", NoKeyringError],
    ["The name org.freedesktop.secrets was not provided by any .service files", NoKeyringError],
    ["Object does not exist at path “/x”", InitError],
    ["Cannot create an item in a locked collection", KeyringLockedError],
    ["Timeout was reached", KeyringTimeoutError],
    ["something new", PasswordSetError],
  ] as const;
  for (const [text, type] of cases) {
    const script = `[ "$1" = search ] && exit 0\necho 'secret-tool: ${text}' >&2; exit 1`;
    await withFake(script, async (keyring) => {
      assertInstanceOf(await failure(keyring.setPassword("S", "U", SECRET)), type, text);
    });
  }
});

Deno.test({ name: "a lookup that misses an item now and then is repeated", ignore }, async () => {
  const search = 'if [ "$1" = search ]; then echo "attribute.service = S" >&2; exit 0; fi\n';
  const second = `grep -q "lookup.*lookup" "$log" || exit 1; printf ${SECRET}`;
  await withFake(search + second, async (keyring) => {
    assertEquals(await keyring.getPassword("S", "U"), SECRET);
  });
  await withFake(`${search}exit 1`, async (keyring, _, log) => {
    const error = await failure(keyring.getPassword("S", "U"));
    assertStringIncludes(error.message, "did not hand it out");
    assertEquals(log().split("lookup").length - 1, 3);
    await failure(keyring.deletePassword("S", "U"));
  });
});

Deno.test({ name: "a secret-tool that does nothing holds no empty secret", ignore }, async () => {
  await withFake("exit 0", async (keyring) => {
    const error = await failure(keyring.getPassword("S", "U"));
    assertStringIncludes(error.message, "printed nothing");
  });
  const item = "[/1]\\nlabel = x\\nsecret = \\ncreated = 2026-11-24 08:48:02\\n";
  await withFake(
    `[ "$1" != search ] || { echo "attribute.service = S" >&2; printf "${item}"; }`,
    async (keyring) => assertEquals(await keyring.getPassword("S", "U"), ""),
  );
});

Deno.test(
  { name: "an empty item under our label is read in its newest change", ignore },
  async () => {
    const item = "[/1]\\nlabel = Password of 'U' for 'S'\\nsecret = \\ncreated = x\\n";
    const change = "attribute.os-keyring-change = 2026-11-24T08:48:02.123Z ab";
    const script = (found: string) =>
      `case "$*" in
      "search -- "*) echo "attribute.service = S" >&2; printf "${item}";;
      "search --all -- os-keyring "*) ${found};;
      "lookup -- os-keyring "*"8:02.123Z ab") printf ${SECRET};;
    esac`;
    await withFake(script(`echo "${change}" >&2`), async (keyring) => {
      assertEquals(await keyring.getPassword("S", "U"), SECRET);
    });
    await withFake(script(":"), async (keyring, _, log) => {
      assertEquals(await keyring.getPassword("S", "U"), null);
      assertEquals(log().split("lookup").length - 1, 2);
    });
    const locked = 'echo "secret-tool: Cannot get secret of a locked object" >&2';
    // The change, or the entry since it was looked up.
    for (const whole of [script(locked), `[ "$1" != search ] || ${locked}`]) {
      await withFake(whole, async (keyring) => {
        assertInstanceOf(await failure(keyring.getPassword("S", "U")), KeyringLockedError);
      });
    }
  },
);

Deno.test({ name: "nothing is stored beside an item that stays locked", ignore }, async () => {
  const script = `case "$1" in
    search) echo "secret-tool: Cannot get secret of a locked object" >&2
      echo "attribute.service = S" >&2;;
    lookup) printf x;;
    store) cat >/dev/null;;
  esac`;
  await withFake(script, async (keyring, _, log) => {
    await keyring.setPassword("S", "U", SECRET);
    assertEquals(log().match(/store /g)?.length, 1);
  });
});

Deno.test(
  { name: "prune removes what is old, not needed, and can be removed", ignore },
  async () => {
    const script = (time: string, found: string, clear: string) =>
      `case "$*" in
      "search --all -- os-keyring change") echo "attribute.os-keyring = change
attribute.os-keyring-service = S
attribute.os-keyring-username = U
attribute.os-keyring-change = ${time} ab" >&2;;
      search*) ${found};;
      clear*) ${clear};;
    esac`;
    const item = (label: string, secret: string) =>
      `echo "attribute.service = S" >&2; printf "[/1]\\nlabel = ${label}\\nsecret = ${secret}\\n` +
      `created = x\\n"`;
    const full = item("Password of 'U' for 'S'", "x");
    const old = "2026-01-01T00:00:00.000Z";
    const young = new Date().toISOString();
    const locked = 'echo "secret-tool: Cannot get secret of a locked object" >&2';
    const cases: [string, string, string, number][] = [
      [old, full, ":", 1],
      [old, ":", ":", 1],
      [old, full, "exit 1", 0],
      [young, full, ":", 0],
      ["rubbish", full, ":", 0],
      [old, item("Password of 'U' for 'S'", ""), ":", 0],
      [old, item("x", ""), ":", 1],
      [old, locked, ":", 0],
    ];
    for (const [time, found, clear, removed] of cases) {
      await withFake(script(time, found, clear), async (keyring) => {
        assertEquals(await keyring.prune(), removed, `${time} ${found} ${clear}`);
      });
    }
  },
);

Deno.test({ name: "getCredential() refuses a username that is no text", ignore }, async () => {
  await withFake("printf x", async (keyring) => {
    await assertRejects(() => keyring.getCredential("S", 5 as never), TypeError);
  });
});

Deno.test(
  { name: "a secret whose end never comes is not taken for the secret", ignore },
  async () => {
    await withFake("printf made; sleep 6 & exit 0", async (keyring) => {
      const start = performance.now();
      await failure(keyring.getPassword("S", "U"));
      assertLess(performance.now() - start, 5_000);
    });
  },
);

Deno.test({ name: "a search whose end never comes finds nothing for sure", ignore }, async () => {
  await withFake('[ "$1" = search ] || exit 1; sleep 6 >/dev/null & exit 0', async (keyring) => {
    const start = performance.now();
    await failure(keyring.getPassword("S", "U"));
    assertLess(performance.now() - start, 5_000);
  });
});

Deno.test({ name: "a new entry that is not there was not stored", ignore }, async () => {
  await withFake("cat >/dev/null", async (keyring, _, log) => {
    const error = await failure(keyring.setPassword("S", "U", SECRET));
    assertInstanceOf(error, PasswordSetError);
    assertEquals(log().split("store").length - 1, 1);
  });
});

Deno.test({ name: "a keyring that was never unlocked is not an empty one", ignore }, async () => {
  // Until its first unlock the daemon knows only hashes of the names.
  const script = '[ "$1" = search ] || exit 1; ' +
    "echo 'secret-tool: Cannot get secret of a locked object' >&2; " +
    "echo 'attribute.gkr:compat:hashed:service = 5dbc98dcc983a70728bd082d1a47546e' >&2";
  await withFake(script, async (keyring, _, log) => {
    assertInstanceOf(await failure(keyring.list({ service: "S" })), KeyringLockedError);
    assertInstanceOf(await failure(keyring.getPassword("S", "U")), KeyringLockedError);
    assertInstanceOf(await failure(keyring.deletePassword("S", "U")), KeyringLockedError);
    assertInstanceOf(await failure(keyring.setPassword("S", "U", SECRET)), KeyringLockedError);
    assertEquals(log().includes("store"), false);
  });
});

Deno.test({ name: "log lines on stderr hide nothing", ignore }, async () => {
  const log = "echo '(secret-tool:12): GLib-WARNING **: odd' >&2;";
  await withFake(`${log} [ "$1" = search ]`, async (keyring) => {
    assertEquals(await keyring.getPassword("S", "U"), null);
  });
  await withFake(`${log} printf ${SECRET}`, async (keyring) => {
    assertEquals(await keyring.getPassword("S", "U"), SECRET);
  });
});

Deno.test({ name: "what cannot be stored is refused before anything runs", ignore }, async () => {
  await withFake("exit 0", async (keyring, _, log) => {
    const error = await failure(keyring.setPassword("S", "U", "x".repeat(8192)));
    assertInstanceOf(error, SecretTooLargeError);
    assertEquals([error.size, error.limit], [8192, 8191]);
    await failure(keyring.setPassword("", "U", SECRET));
    await failure(keyring.setPassword("S", "a\0b", SECRET));
    await failure(keyring.setPassword("S", "\ud800", SECRET));
    await failure(keyring.setPassword("x".repeat(32_769), "U", SECRET));
    await failure(keyring.setPassword("S", "U", "\udc00"));
    await failure(keyring.setSecret("S", "U", new Uint8Array(6_200)));
    const ran = (() => {
      try {
        return log();
      } catch {
        return "";
      }
    })();
    assertEquals(ran, "");
  });
});

Deno.test(
  { name: "the secret is in no argument and the names are no options", ignore },
  async () => {
    const script = 'cat >/dev/null; [ "$1" != lookup ] || echo x; ' +
      '! grep -q "store " "$log" || echo "attribute.service = --help" >&2';
    await withFake(script, async (keyring, _, log) => {
      await keyring.setPassword("--help", "-x", SECRET);
      await keyring.getPassword("--help", "-x");
      assertEquals(log().includes(SECRET), false);
      const change = "search --all -- os-keyring change os-keyring-service --help " +
        "os-keyring-username -x ";
      assertStringIncludes(log(), change);
      // It runs beside the first.
      assertEquals(
        log().replace(change, ""),
        "search --all -- service --help username -x " +
          "store --label=Password of '-x' for '--help' -- " +
          "application Python keyring library service --help username -x " +
          "search --all -- service --help username -x " +
          "lookup -- service --help username -x ",
      );
    });
  },
);

Deno.test({ name: "the program runs in a UTF-8 locale without debugging", ignore }, async () => {
  const script = 'printf %s "$LC_ALL|$LANGUAGE|$G_MESSAGES_DEBUG|$G_DEBUG"';
  await withFake(script, async (keyring) => {
    assertEquals(await keyring.getPassword("S", "U"), "C.UTF-8|||");
  });
});

Deno.test(
  { name: "a missing permission names its flag", permissions: { run: false }, ignore },
  async () => {
    const keyring = new SecretServiceKeyring({ secretTool: "/opt/secret-tool" });
    const error = await failure(keyring.getPassword("S", "U"));
    assertInstanceOf(error, KeyringPermissionError);
    assertEquals(error.flag, "--allow-run=/opt/secret-tool");
    assertEquals(await probeSecretService({ secretTool: "/opt/secret-tool" }), {
      viable: false,
      reason: "a Deno permission is missing",
      flag: "--allow-run=/opt/secret-tool",
    });
  },
);
