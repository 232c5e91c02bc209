// @environment unit, windows

import { assert, assertEquals, assertRejects } from "@std/assert";
import { choose, describeStores, loadKeyring } from "../src/choose.ts";
import { KeyringError, KeyringPermissionError, NoKeyringError } from "../src/errors.ts";
import { BACKENDS } from "../src/registry.ts";
import { Variables } from "./support/variables.ts";

const VARIABLES = [
  "KEYRING_BACKEND",
  "KEYRING_CHAIN",
  "PYTHON_KEYRING_BACKEND",
  "XDG_CONFIG_HOME",
  "LOCALAPPDATA",
];

/** Runs with these variables only, and a config folder of its own. */
async function withEnvironment(
  values: Record<string, string>,
  config: string | undefined,
  run: (configFile: string) => Promise<void>,
): Promise<void> {
  const saved = VARIABLES.map((name) => [name, Deno.env.get(name)] as const);
  const folder = await Deno.makeTempDir();
  const windows = Deno.build.os === "windows";
  const root = windows ? `${folder}\\Python Keyring` : `${folder}/python_keyring`;
  const file = `${root}${windows ? "\\" : "/"}keyringrc.cfg`;
  try {
    for (const name of VARIABLES) Deno.env.delete(name);
    Deno.env.set(windows ? "LOCALAPPDATA" : "XDG_CONFIG_HOME", folder);
    for (const [name, value] of Object.entries(values)) Deno.env.set(name, value);
    await Deno.mkdir(root);
    if (config !== undefined) await Deno.writeTextFile(file, config);
    await run(file);
  } finally {
    for (const [name, value] of saved) {
      if (value === undefined) Deno.env.delete(name);
      else Deno.env.set(name, value);
    }
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("choose() takes KEYRING_BACKEND before PYTHON_KEYRING_BACKEND", async () => {
  const values = {
    KEYRING_BACKEND: "null",
    PYTHON_KEYRING_BACKEND: "keyring.backends.fail.Keyring",
  };
  await withEnvironment(values, undefined, async () => {
    const { id, by } = await choose();
    assertEquals([id, by], ["null", "environment variable KEYRING_BACKEND"]);
  });
});

Deno.test("choose() takes Python's class names and its variable", async () => {
  const values = { PYTHON_KEYRING_BACKEND: "keyring.backends.null.Keyring" };
  await withEnvironment(values, "[backend]\ndefault-keyring=fail\n", async () => {
    const { id, by } = await choose();
    assertEquals([id, by], ["null", "environment variable PYTHON_KEYRING_BACKEND"]);
  });
});

Deno.test("choose() reads the config file before it looks at the system", async () => {
  const config = "[backend]\ndefault-keyring=keyring.backends.null.Keyring";
  await withEnvironment({}, config, async (file) => {
    const { id, by } = await choose();
    assertEquals([id, by], ["null", `config file ${file}`]);
  });
});

Deno.test("choose() takes the store of the system when nothing is configured", async () => {
  const expected = BACKENDS.find(({ os }) => os === Deno.build.os);
  await withEnvironment({}, "[other]\nkey=value\n", async () => {
    const { id, by, keyring } = await choose();
    assertEquals([id, by, keyring.name], [expected?.id, "priority", expected?.name]);
  });
});

Deno.test("choose() makes a chain of what KEYRING_CHAIN names, else the config file", async () => {
  const config = "[backend]\ndefault-keyring=chain\n[chain]\norder = null, fail\n";
  const here = BACKENDS.find(({ os }) => os === Deno.build.os);
  const cases: [Record<string, string>, string | undefined, string][] = [
    [{}, config, "Null, Fail"],
    [{ KEYRING_CHAIN: "fail,null" }, config, "Fail, Null"],
    [{ KEYRING_CHAIN: "fail keyring.backends.null.Keyring" }, config, "Fail, Null"],
    [{ KEYRING_CHAIN: "windows,macos,secret-service,null" }, config, `${here?.name}, Null`],
    [{ KEYRING_BACKEND: "chain" }, undefined, `${here?.name}`],
    [{ KEYRING_BACKEND: "chain" }, "[backend]\ndefault-keyring=null\n", `${here?.name}`],
  ];
  for (const [variables, file, names] of cases) {
    await withEnvironment(variables, file, async () => {
      const { id, keyring } = await choose();
      assertEquals([id, keyring.name], ["chain", `Chain (${names})`]);
    });
  }
  await withEnvironment({ KEYRING_CHAIN: "file,nowhere" }, config, async () => {
    const error = await assertRejects(choose, KeyringError);
    assert(error.message.includes('KEYRING_CHAIN names "nowhere"'), error.message);
  });
  await withEnvironment({}, "[backend]\ndefault-keyring=chain\n[chain]\nrubbish\n", async () => {
    await assertRejects(choose, KeyringError, "line 4");
  });
});

Deno.test("choose() names what chose an unknown keyring, and what there is", async () => {
  await withEnvironment({ KEYRING_BACKEND: "keyrings.alt.file.Plain" }, undefined, async () => {
    const error = await assertRejects(choose, KeyringError);
    assert(error.message.includes("environment variable KEYRING_BACKEND"), error.message);
    assert(error.message.includes("secret-service"), error.message);
  });
});

Deno.test("choose() names a config file that cannot be used", async () => {
  for (const config of ["default-keyring=null\n", "[backend]\nrubbish\n", "[backend]\n\ud800"]) {
    await withEnvironment({}, config, async (file) => {
      if (config.includes("\ud800")) await Deno.writeFile(file, new Uint8Array([0xff, 0xfe, 0]));
      const error = await assertRejects(choose, KeyringError);
      assert(error.message.includes(file), error.message);
    });
  }
});

Deno.test("choose() names a config file that is a folder or far too large", async () => {
  await withEnvironment({}, undefined, async (file) => {
    await Deno.mkdir(file);
    const error = await assertRejects(choose, KeyringError);
    assert(error.message.includes("is not a file"), error.message);
  });
  await withEnvironment({}, "", async (file) => {
    await Deno.truncate(file, 100 * 1024 * 1024);
    const error = await assertRejects(choose, KeyringError);
    assert(error.message.includes("bytes"), error.message);
  });
});

Deno.test({
  name: "choose() asks for nothing when nothing is granted",
  permissions: "none",
  fn: async () => {
    assertEquals((await choose()).by, "priority");
  },
});

const OWN = new URL("fixtures/own_keyring.ts", import.meta.url).href;
const TRAP = "throw new Error('loaded from the current folder');";

/** Makes modules in a folder, each of which is the keyring of the fixture. */
async function makeModules(folder: string, names: string[]): Promise<void> {
  for (const name of names) {
    await Deno.mkdir(`${folder}/${name}`.replace(/\/[^/]*$/, ""), { recursive: true });
    await Deno.writeTextFile(`${folder}/${name}`, `export { default } from "${OWN}";`);
  }
}

Deno.test("a module in the config file is relative to keyring-path, else to the file", async () => {
  const cases: [string, string][] = [
    ["default-keyring=own.ts", "own.ts"],
    ["default-keyring=sub/own.ts", "sub/own.ts"],
    ["default-keyring=./own.ts", "own.ts"],
    ["default-keyring=own.ts\nkeyring-path=below", "below/own.ts"],
    ["default-keyring=./own.ts\nkeyring-path=./below", "below/own.ts"],
    ["default-keyring=own.ts\nkeyring-path=~/keyrings", "home/keyrings/own.ts"],
  ];
  const folder = await Deno.makeTempDir();
  const before = Deno.cwd();
  try {
    for (const name of ["own.ts", "sub/own.ts", "below/own.ts"]) {
      await makeModules(folder, [name]);
      await Deno.writeTextFile(`${folder}/${name}`, TRAP);
    }
    Deno.chdir(folder);
    for (const [config, module] of cases) {
      await withEnvironment({}, `[backend]\n${config}\n`, async (file) => {
        const root = file.replace(/[\\/][^\\/]*$/, "");
        using _ = new Variables({ HOME: `${root}/home`, USERPROFILE: `${root}/home` });
        await makeModules(root, [module]);
        const { keyring, by } = await choose();
        assertEquals([keyring.name, by], ["Memory", `config file ${file}`], config);
      });
    }
  } finally {
    Deno.chdir(before);
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("a module in the current folder is none without ./", async () => {
  const folder = await Deno.makeTempDir();
  const before = Deno.cwd();
  try {
    await makeModules(folder, ["own.ts", "sub/own.ts"]);
    Deno.chdir(folder);
    for (const name of ["own.ts", "sub/own.ts", "~/own.ts"]) {
      await withEnvironment({ KEYRING_BACKEND: name }, undefined, async () => {
        const advice = "To load a module, begin its path with ./ or /.";
        await assertRejects(choose, KeyringError, advice);
      });
      await assertRejects(() => loadKeyring(name), KeyringError, `there is no keyring "${name}"`);
    }
    for (const name of ["./own.ts", `${folder}/sub/own.ts`]) {
      assertEquals((await loadKeyring(name)).name, "Memory");
    }
    assertEquals((await loadKeyring("own.ts", "sub")).name, "Memory");
  } finally {
    Deno.chdir(before);
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("a home that is not known is no folder named ~", async () => {
  const config = "[backend]\ndefault-keyring=own.ts\nkeyring-path=~/keyrings";
  for (const home of [undefined, "relative"]) {
    await withEnvironment({}, config, async () => {
      using _ = new Variables({ HOME: home, USERPROFILE: home });
      const error = await assertRejects(choose, KeyringError);
      assert(/the home folder of "~\/keyrings" is not known: \w+ is not /.test(error.message));
    });
  }
});

Deno.test("a home that is not a folder holds no config file", async () => {
  const file = await Deno.makeTempFile();
  try {
    await withEnvironment({ XDG_CONFIG_HOME: file, LOCALAPPDATA: file }, undefined, async () => {
      assertEquals((await choose()).by, "priority");
    });
  } finally {
    await Deno.remove(file);
  }
});

Deno.test("choose() takes the store of the system when told to ignore what chooses", async () => {
  const values = { KEYRING_BACKEND: "null", PYTHON_KEYRING_BACKEND: "fail" };
  await withEnvironment(values, "[backend]\ndefault-keyring=fail\n", async () => {
    assertEquals((await choose({ ignoreConfig: true })).by, "priority");
  });
});

Deno.test("loadKeyring() refuses a layout where no other program keeps entries", async () => {
  const options = { layout: "keytar" } as const;
  const module = new URL("fixtures/own_keyring.ts", import.meta.url).pathname;
  for (const name of ["null", module]) {
    const reason = "no other program keeps entries in the keyring";
    await assertRejects(() => loadKeyring(name, undefined, options), KeyringError, reason);
  }
});

Deno.test("the chain that is configured writes to its first keyring alone", async () => {
  await withEnvironment({ KEYRING_CHAIN: "fail,null" }, undefined, async () => {
    const chain = await loadKeyring("chain");
    await assertRejects(() => chain.setPassword("my_app", "alice", "made-up"), NoKeyringError);
  });
});

const SYSTEMS: Record<string, string> = { windows: "Windows", darwin: "macOS", linux: "Linux" };

Deno.test("loadKeyring() makes each store of this system by each of its names", async () => {
  for (const { id, pythonNames, name, os } of BACKENDS) {
    for (const given of [id, ...pythonNames]) {
      if (os === undefined || os === Deno.build.os) {
        assert((await loadKeyring(given)).name.startsWith(name));
      } else {
        await assertRejects(() => loadKeyring(given), KeyringError, `needs ${SYSTEMS[os]}`);
      }
    }
  }
  await assertRejects(() => loadKeyring("nothing"), KeyringError);
});

Deno.test("describeStores() says why a store of another system is not viable", async () => {
  const reports = await describeStores();
  assertEquals(reports.map(({ id }) => id), BACKENDS.map(({ id }) => id));
  const other = reports.find(({ id }) =>
    id === (Deno.build.os === "windows" ? "macos" : "windows")
  );
  assertEquals(other?.viable, false);
  assertEquals(other?.reason, `it needs ${Deno.build.os === "windows" ? "macOS" : "Windows"}`);
});

Deno.test({
  name: "the flag that a named keyring needs is not lost",
  permissions: { env: ["KEYRING_BACKEND"] },
  fn: async () => {
    using _ = new Variables({ KEYRING_BACKEND: "chain" });
    const error = await assertRejects(() => choose(), KeyringPermissionError);
    assertEquals(error.flag, "--allow-env=KEYRING_CHAIN");
  },
});
