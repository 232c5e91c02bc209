// @environment linux
//
// How the program is run, and what becomes of its failures.

import { assertEquals, assertInstanceOf, assertLess, assertStringIncludes } from "@std/assert";
import {
  InitError,
  KeyringLockedError,
  KeyringPermissionError,
  KeyringTimeoutError,
  NoKeyringError,
  PasswordSetError,
} from "../../../src/errors.ts";
import { SecretServiceKeyring } from "../../../src/backends/secret_service/backend.ts";
import { probe } from "../../../src/backends/secret_service/open.ts";
import { failure, KEEPER, SECRET, withFake } from "../../support/fake_secret_tool.ts";
import { Variables } from "../../support/variables.ts";

const ignore = Deno.build.os !== "linux";

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

Deno.test({ name: "a secret-tool that hangs is a KeyringTimeoutError", ignore }, async () => {
  await withFake("exec sleep 30", async (keyring, program) => {
    assertInstanceOf(await failure(keyring.getPassword("S", "U")), KeyringTimeoutError);
    assertInstanceOf(await failure(keyring.setPassword("S", "U", SECRET)), KeyringTimeoutError);
    const probed = await probe({ secretTool: program, timeoutMs: 100 });
    assertEquals(probed.viable, false);
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

Deno.test(
  { name: "a secret whose end never comes is not taken for the secret", ignore },
  async () => {
    await withFake("printf made; sleep 30 & exit 0", async (keyring) => {
      const start = performance.now();
      await failure(keyring.getPassword("S", "U"));
      assertLess(performance.now() - start, 25_000);
    });
  },
);

Deno.test({ name: "a search whose end never comes finds nothing for sure", ignore }, async () => {
  await withFake('[ "$1" = search ] || exit 1; sleep 30 >/dev/null & exit 0', async (keyring) => {
    const start = performance.now();
    await failure(keyring.getPassword("S", "U"));
    assertLess(performance.now() - start, 25_000);
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

Deno.test(
  { name: "the secret is in no argument and the names are no options", ignore },
  async () => {
    await withFake(KEEPER, async (keyring, _, log) => {
      await keyring.setPassword("--help", "-x", SECRET);
      await keyring.getPassword("--help", "-x");
      assertEquals(log().includes(SECRET), false);
      assertEquals(
        log(),
        "search --all -- service --help username -x " +
          "store --label=Password for '-x' on '--help' -- " +
          "application Python keyring library service --help username -x " +
          "lookup -- service --help username -x " +
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
    assertEquals(await probe({ secretTool: "/opt/secret-tool" }), {
      viable: false,
      reason: "a Deno permission is missing",
      flag: "--allow-run=/opt/secret-tool",
    });
  },
);

// What `env` prints of names, and of dangerous values.
const ENVIRONMENT = `[ "$1" = search ] || exec env -0 | tr '\\n' '?' | tr '\\0' ' '`;
const HOSTILE = {
  LD_LIBRARY_PATH: "/nonexistent",
  LD_MADE_UP: "1",
  G_MESSAGES_DEBUG: "all",
  G_DBUS_DEBUG: "all",
  GIO_EXTRA_MODULES: "/nonexistent",
  SECRET_BACKEND: "file",
  MADE_UP: "secret",
};

Deno.test({ name: "the program gets only the variables that it needs", ignore }, async () => {
  await withFake(ENVIRONMENT, async (keyring) => {
    using _ = new Variables({ ...HOSTILE, DBUS_SESSION_BUS_ADDRESS: "unix:path=/made up" });
    const found = await keyring.getPassword("S", "U") ?? "";
    assertStringIncludes(found, "DBUS_SESSION_BUS_ADDRESS=unix:path=/made up ");
    assertStringIncludes(found, "SECRET_BACKEND=service ");
    assertEquals(/(^| )(LD_|G_|GIO_|MADE_UP)/.test(found), false);
  });
});

Deno.test(
  { name: "without more than its flag, what is dangerous is emptied", ignore },
  async () => {
    await withFake(ENVIRONMENT, async (_, program) => {
      const module =
        new URL("../../../src/backends/secret_service/backend.ts", import.meta.url).href;
      const code = `import { SecretServiceKeyring } from ${JSON.stringify(module)};
      const keyring = new SecretServiceKeyring({ secretTool: ${JSON.stringify(program)} });
      console.log(await keyring.getPassword("S", "U"));`;
      const child = new Deno.Command(Deno.execPath(), {
        args: [
          "run",
          "--no-prompt",
          `--allow-run=${program}`,
          `data:text/typescript,${encodeURIComponent(code)}`,
        ],
        env: HOSTILE,
      });
      const { code: exit, stdout, stderr } = await child.output();
      assertEquals([exit, new TextDecoder().decode(stderr)], [0, ""]);
      const found = new TextDecoder().decode(stdout);
      for (const name of Object.keys(HOSTILE)) {
        const value = { SECRET_BACKEND: "service", MADE_UP: "secret" }[name] ?? "";
        assertStringIncludes(found, `${name}=${value} `);
      }
    });
  },
);

Deno.test(
  { name: "an item that vanishes meanwhile is looked for again, ten times", ignore },
  async () => {
    const text = "No such secret item at path: /org/freedesktop/secrets/collection/login/7";
    const failing = (calls: number) =>
      `[ $(wc -w <"$log") -gt ${calls} ] || { echo "secret-tool: ${text}" >&2; exit 1; }; ${KEEPER}`;
    await withFake(failing(9 * 6), async (keyring) => {
      assertEquals(await keyring.getPassword("S", "U"), null);
    });
    await withFake(failing(1000), async (keyring, _, log) => {
      const error = await failure(keyring.getPassword("S", "U"));
      assertStringIncludes(error.message, `secret-tool failed: ${text}`);
      assertEquals(log().match(/lookup/g)?.length, 10);
    });
  },
);
