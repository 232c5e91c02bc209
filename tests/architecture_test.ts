// The direction of imports, as docs/architecture.md tells it.

import { assert, assertEquals } from "@std/assert";

const ROOT = new URL("..", import.meta.url);

async function sources(folder: string): Promise<string[]> {
  const files: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(new URL(folder, ROOT))) {
    const path = `${folder}${name}`;
    if (isDirectory) files.push(...await sources(`${path}/`));
    else if (name.endsWith(".ts")) files.push(path);
  }
  return files;
}

/** The files, relative to the repository, that a file imports, also lazily or only as types. */
async function importsOf(path: string): Promise<string[]> {
  const text = await Deno.readTextFile(new URL(path, ROOT));
  return [...text.matchAll(/(?:\bfrom |\bimport\(|^import )"(\.[^"]+)"/gm)]
    .map(([, specifier]) => new URL(specifier ?? "", new URL(path, ROOT)).href)
    .map((href) => href.slice(ROOT.href.length));
}

/** What the files of a place may import, as the beginnings of paths; the first that fits counts. */
const RULES: [place: string, allowed: string[]][] = [
  ["src/lib/", ["src/lib/"]],
  ["src/errors.ts", []],
  ["src/keyring.ts", []],
  ["src/backend.ts", ["src/keyring.ts"]],
  ["src/checks.ts", ["src/backend.ts", "src/errors.ts"]],
  ["src/large_secrets/", [
    "src/large_secrets/",
    "src/backend.ts",
    "src/checks.ts",
    "src/errors.ts",
    "src/lib/",
  ]],
  ["src/store_keyring.ts", [
    "src/backend.ts",
    "src/checks.ts",
    "src/errors.ts",
    "src/keyring.ts",
    "src/large_secrets/",
    "src/lib/",
  ]],
  ["src/records/", [
    "src/records/",
    "src/backend.ts",
    "src/checks.ts",
    "src/errors.ts",
    "src/keyring.ts",
    "src/lib/",
  ]],
  ["src/credential_helpers/", [
    "src/credential_helpers/",
    "src/errors.ts",
    "src/keyring.ts",
    "src/lib/",
  ]],
  ["src/layouts/", [
    "src/layouts/",
    "src/backend.ts",
    "src/checks.ts",
    "src/errors.ts",
    "src/keyring.ts",
    "src/large_secrets/marks.ts",
    "src/lib/",
  ]],
  ["src/testing/", ["src/testing/", "src/backend.ts", "src/errors.ts", "src/keyring.ts"]],
];

const CORE = [
  "src/backend.ts",
  "src/checks.ts",
  "src/config.ts",
  "src/errors.ts",
  "src/keyring.ts",
  "src/layouts/",
  "src/lib/",
  "src/store_keyring.ts",
  // Two stores are reached by the session bus.
  "src/backends/dbus_store.ts",
];

// KDE Wallet looks into the Secret Service of its session.
const FALL_THROUGH = [
  "src/backends/kwallet/",
  "src/backends/secret_service/dbus_backend.ts",
  "src/backends/secret_service/ways.ts",
];

// What an administrator's command is for, and the passphrase that a person types.
const DRIVERS_OF_THE_COMMAND = [
  "src/backends/windows/manager",
  "src/backends/windows/logon",
  "src/backends/file/",
];

function allowedFor(path: string): string[] | undefined {
  const rule = RULES.find(([place]) => path.startsWith(place));
  if (rule) return rule[1];
  if (path === "src/backends/kwallet/fall_through.ts") return [...FALL_THROUGH, ...CORE];
  const folder = /^src\/backends\/\w+\//.exec(path)?.[0];
  if (folder) return [folder, ...CORE];
  if (path.startsWith("src/backends/")) return CORE;
  return undefined;
}

Deno.test("imports run one way", async () => {
  const wrong: string[] = [];
  for (const path of await sources("src/")) {
    const allowed = allowedFor(path);
    if (!allowed) continue;
    for (const imported of await importsOf(path)) {
      if (!allowed.some((place) => imported.startsWith(place))) wrong.push(`${path} → ${imported}`);
    }
  }
  assertEquals(wrong, []);
});

Deno.test("nothing but the entry point imports the command line, which knows no driver", async () => {
  const wrong: string[] = [];
  for (const path of await sources("src/")) {
    const inside = path.startsWith("src/cli/");
    for (const imported of await importsOf(path)) {
      const isDriver = imported.startsWith("src/backends/") &&
        !DRIVERS_OF_THE_COMMAND.some((place) => imported.startsWith(place));
      if (inside ? isDriver : imported.startsWith("src/cli/")) wrong.push(`${path} → ${imported}`);
    }
  }
  assertEquals(wrong, []);
});

Deno.test("no circle of imports", async () => {
  const graph = new Map<string, string[]>();
  for (const path of await sources("src/")) graph.set(path, await importsOf(path));
  const done = new Set<string>();
  const visit = (path: string, trail: string[]) => {
    assert(!trail.includes(path), [...trail.slice(trail.indexOf(path)), path].join(" → "));
    if (done.has(path)) return;
    for (const next of graph.get(path) ?? []) visit(next, [...trail, path]);
    done.add(path);
  };
  for (const path of graph.keys()) visit(path, []);
});

Deno.test("only the registry, the choice and the drivers ask for the operating system", async () => {
  // Where a config file is, how a path is written, and which signals there are.
  const may = [
    "src/backends/",
    "src/registry.ts",
    "src/choose.ts",
    "src/config.ts",
    "src/load_module.ts",
    "src/lib/",
    "src/cli/",
  ];
  const wrong: string[] = [];
  for (const path of await sources("src/")) {
    if (may.some((place) => path.startsWith(place))) continue;
    const text = await Deno.readTextFile(new URL(path, ROOT));
    if (/Deno\.build/.test(text)) wrong.push(path);
  }
  assertEquals(wrong, []);
});

/** The files and folders below these; a folder ends with a slash. */
async function tree(...folders: string[]): Promise<string[]> {
  const paths = [...folders];
  for (const folder of folders) {
    for await (const { name, isDirectory } of Deno.readDir(new URL(folder, ROOT))) {
      const path = `${folder}${name}`;
      if (isDirectory) paths.push(...await tree(`${path}/`));
      else paths.push(path);
    }
  }
  return paths;
}

Deno.test("docs/architecture.md names what there is, and all that is in src", async () => {
  const document = await Deno.readTextFile(new URL("docs/architecture.md", ROOT));
  const paths = await tree("src/", "tests/", "dev/", "docs/", "examples/", "bench/");
  for await (const { name, isFile } of Deno.readDir(ROOT)) if (isFile) paths.push(name);
  const [, layout = ""] = /^```\r?\n(mod\.ts[^]*?)^```/m.exec(document) ?? [];
  const inLayout: string[] = layout.match(/(?<![\w/])\w+(\.ts|\/)/g) ?? [];
  const inProse = [...document.matchAll(/`([\w/]+(?:\.ts|\/))`/g)].map(([, path = ""]) => path);
  for (const path of [...inLayout, ...inProse.filter((path) => !path.includes("NAME"))]) {
    assert(paths.some((each) => `/${each}`.endsWith(`/${path}`)), path);
  }
  for (const path of paths) {
    const [, name = ""] = /^src\/(?:backends\/)?(\w+(?:\.ts|\/))$/.exec(path) ?? [];
    assert(name === "" || inLayout.includes(name), path);
  }
});
