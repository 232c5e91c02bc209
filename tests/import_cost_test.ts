// @environment unit, windows
//
// What `import "./mod.ts"` makes Deno load, for it costs every script a part of its start.

import { assert, assertEquals } from "@std/assert";

interface Dependency {
  code?: { specifier: string };
  isDynamic?: boolean;
}

interface Graph {
  modules: { specifier: string; dependencies?: Dependency[] }[];
}

const ROOT = new URL("..", import.meta.url).href;

async function graphOf(module: string): Promise<Graph> {
  const { stdout, success } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", new URL(module, ROOT).href],
  }).output();
  assert(success);
  return JSON.parse(new TextDecoder().decode(stdout));
}

/**
 * The modules that run when this one is imported, or these of its graph: without types, and without
 * dynamic imports.
 */
async function loadedBy(module: string, imported = [module]): Promise<string[]> {
  const { modules } = await graphOf(module);
  const loaded = new Set(imported.map((path) => new URL(path, ROOT).href));
  for (const specifier of loaded) {
    const found = modules.find((candidate) => candidate.specifier === specifier);
    for (const { code, isDynamic } of found?.dependencies ?? []) {
      if (code && !isDynamic) loaded.add(code.specifier);
    }
  }
  return [...loaded].map((specifier) => specifier.replace(ROOT, "")).sort();
}

Deno.test("importing the library loads no store of a system", async () => {
  const loaded = await loadedBy("mod.ts");
  // What a large secret begins with must be known; the rest is loaded when one is met.
  const stores = /^src\/backends\/(?!memory|null|fail)|^src\/large_secrets\/(?!marks)/;
  assertEquals(loaded.filter((path) => stores.test(path)), []);
  assert(loaded.includes("src/backends/memory.ts"));
});

Deno.test("the library depends on no code of others", async () => {
  for (const face of ["mod.ts", "backends.ts", "windows.ts"]) {
    const loaded = await loadedBy(face);
    assertEquals(loaded.filter((path) => !/^(\w+|src\/.*)\.ts$/.test(path)), [], face);
  }
});

Deno.test("who runs secret-tool loads no client of D-Bus", async () => {
  const loaded = await loadedBy("src/backends/secret_service/open.ts");
  // These tell whether the bus may be used.
  const access = ["access", "address", "errors"].map((name) => `src/lib/dbus/${name}.ts`);
  assertEquals(loaded.filter((path) => path.includes("dbus")), access);
});

Deno.test("the helpers for git and docker load no command line", async () => {
  for (const helper of ["git", "docker"]) {
    const loaded = await loadedBy(`src/cli/${helper}_helper.ts`);
    const own = /^src\/cli\/(\w+_helper|output|sources|usage_error|read_password)\.ts$/;
    assertEquals(loaded.filter((path) => path.startsWith("src/cli/") && !own.test(path)), []);
    // The store of the system, its layouts and what is too large for it come when they are needed.
    assertEquals(
      loaded.filter((path) => /^src\/(backends\/(?!fail)|layouts)|large_e/.test(path)),
      [],
    );
  }
});

// Under Wine a module that is loaded takes about a millisecond.
const GET = ["cli.ts", "src/cli/main.ts", "src/cli/commands/get.ts"];
const GETS = [
  {
    store: "Windows",
    own: /^src\/backends\/windows\//,
    opens: ["src/backends/windows/open.ts"],
    most: 49,
  },
  {
    store: "the Secret Service",
    // The command knows the types of credentials.
    own: /^src\/backends\/(secret_service\/|kwallet\/desktop|dbus_store|windows\/manager_types)/,
    opens: [
      "src/backends/kwallet/desktop.ts",
      "src/backends/secret_service/open.ts",
      "src/backends/secret_service/dbus_backend.ts",
    ],
    most: 69,
  },
];
const OTHERS =
  /^src\/(backends|layouts\/(?!python|items|names)|cli\/(commands|run|complete)\/|records)|^deno.json$/;

for (const { store, own, opens, most } of GETS) {
  Deno.test(`a get from ${store} loads no other command, store or layout`, async () => {
    const loaded = await loadedBy("cli.ts", [...GET, ...opens]);
    const others = loaded.filter((path) => OTHERS.test(path) && !own.test(path));
    assertEquals(others, ["src/cli/commands/get.ts"]);
    assert(loaded.length <= most, `${loaded.length} modules: ${loaded.join(", ")}`);
  });
}
