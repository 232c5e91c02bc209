// What the documentation says: its scripts have the right types, its command lines are valid, its links
// lead somewhere, and what is generated is up to date.

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import meta from "../deno.json" with { type: "json" };
import { commandReference } from "../dev/command_reference.ts";
import { COMMAND_NAMES, loadCommands } from "../src/cli/commands.ts";
import { parse } from "../src/cli/parse.ts";
import * as library from "../mod.ts";
import {
  type Block,
  blocksOf,
  fromCheckout,
  joinLines,
  readDocument,
  repeatedFlags,
  REPOSITORY,
} from "./support/markdown.ts";

const ENTRY_POINTS = Object.values(meta.exports);
const DOCUMENTS = ["README.md", "SECURITY.md", "CONTRIBUTING.md", ...filesIn("docs", ".md")];
const COMMANDS = await loadCommands();

function filesIn(folder: string, end: string): string[] {
  const names = [...Deno.readDirSync(`${REPOSITORY}${folder}`)].map(({ name }) => name);
  return names.filter((name) => name.endsWith(end)).sort().map((name) => `${folder}/${name}`);
}

/** The documents, and the documentation at the head of each entry point and example. */
async function texts(): Promise<[path: string, text: string][]> {
  const heads = [...ENTRY_POINTS, ...filesIn("examples", ".ts")];
  return await Promise.all([...DOCUMENTS, ...heads].map(async (path) => {
    const text = await readDocument(path);
    if (path.endsWith(".md")) return [path, text] as [string, string];
    const [head = ""] = text.split("*/");
    return [path, head.replaceAll(/^ \* ?/gm, "")] as [string, string];
  }));
}

async function* blocks(): AsyncGenerator<Block & { path: string }> {
  for (const [path, text] of await texts()) {
    for (const block of blocksOf(text)) yield { ...block, path };
  }
}

Deno.test("docs/command.md is what the commands and options give", async () => {
  assertEquals(await readDocument("docs/command.md"), await commandReference());
});

Deno.test("each script of the documentation has the right types", async () => {
  const folder = await Deno.makeTempDir();
  try {
    let count = 0;
    for await (const { language, path, text } of blocks()) {
      assert(!/^(ts|js)\b.*\b(ignore|no-eval|expect-error)\b/.test(language), path);
      if (language !== "ts") continue;
      const [, name = `block_${count}.ts`] = /^\/\/ (\w+\.ts)$/m.exec(text) ?? [];
      const place = `${folder}/${path.replaceAll(/\W/g, "_")}`;
      await Deno.mkdir(place, { recursive: true });
      await Deno.writeTextFile(
        `${place}/${name}`,
        `${fromCheckout(text, meta.exports)}export {};\n`,
      );
      count++;
    }
    assert(count > 20, `${count}`);
    const files = [...Deno.readDirSync(folder)].flatMap(({ name }) =>
      [...Deno.readDirSync(`${folder}/${name}`)].map((file) => `${folder}/${name}/${file.name}`)
    );
    const args = ["check", "--quiet", `--config=${REPOSITORY}deno.json`, ...files];
    const { code, stderr } = await new Deno.Command(Deno.execPath(), { args }).output();
    assertEquals(code, 0, new TextDecoder().decode(stderr));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

const SHELLS = ["sh", "bash", "zsh", "fish", "powershell", "bat"];

/** The words of each call of our command in a line, as far as a shell has no say in them. */
function callsIn(line: string): string[][] {
  const calls = line.matchAll(
    /(?<=^|[|&;(] ?|\w=\S+ )keyring((?: (?:'[^']*'|"[^"]*"|[^\s'"|&;()<>#])+)*)/g,
  );
  return [...calls].map(([, words = ""]) =>
    (words.match(/(?:'[^']*'|"[^"]*"|[^\s'"])+/g) ?? []).map((word) =>
      word.replaceAll(/'([^']*)'|"([^"]*)"/g, "$1$2")
    )
  );
}

Deno.test("each command line of the documentation is one that the command takes", async () => {
  let count = 0;
  for await (const { language, path, text } of blocks()) {
    if (!SHELLS.includes(language)) continue;
    for (const line of text.replaceAll(/ [\\`]\n +/g, " ").split("\n")) {
      for (const words of callsIn(line)) {
        const shown = `${path}: ${line}`;
        try {
          parse(words, COMMANDS, COMMAND_NAMES);
        } catch (error) {
          throw new Error(shown, { cause: error });
        }
        count++;
      }
    }
  }
  assert(count > 100, `${count}`);
});

Deno.test("each line of the documentation gives a permission once", async () => {
  let count = 0;
  for await (const { path, text } of blocks()) {
    // One line can start a program that starts Deno.
    for (const line of joinLines(text).split("\n").flatMap((line) => line.split(/\bdeno /))) {
      if (line.includes("--allow-")) count++;
      assertEquals(repeatedFlags(line), [], `${path}: ${line}`);
    }
  }
  assert(count > 20, `${count}`);
});

Deno.test("the picture shows set, get and run, as the command takes them", async () => {
  const picture = await readDocument("docs/terminal.svg");
  const typed = [...picture.matchAll(/class="typed"[^>]*>\$ (keyring [^<]+)</g)];
  const lines = typed.map(([, line = ""]) =>
    parse(callsIn(line)[0] ?? [], COMMANDS, COMMAND_NAMES)
  );
  assertEquals(lines.map(({ located }) => located?.path), ["set", "get", "run"]);
});

Deno.test("each block of data in the documentation can be read", async () => {
  for await (const { language, path, text } of blocks()) {
    const parts = language === "json"
      ? [text]
      : language === "jsonl"
      ? text.trim().split("\n")
      : [];
    for (const part of parts) assert(JSON.parse(part), path);
  }
});

/** The anchors of a document, as GitHub makes them of its headings. */
function anchorsOf(text: string): string[] {
  const headings = text.replaceAll(/^```[\s\S]*?^```$/gm, "").matchAll(/^#+ (.+)$/gm);
  return [...headings].map(([, heading = ""]) =>
    heading.toLowerCase().replaceAll(/[^\p{L}\p{N} _-]/gu, "").replaceAll(" ", "-")
  );
}

Deno.test("each link of the documentation leads somewhere", async () => {
  for (const path of DOCUMENTS) {
    const text = await readDocument(path);
    const prose = text.replaceAll(/^```[\s\S]*?^```$/gm, "");
    for (const [, target = ""] of prose.matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^https:/.test(target)) continue;
      const [file = "", anchor] = target.split("#");
      const { pathname } = new URL(file || path.replace(/.*\//, ""), `file:///${path}`);
      const shown = `${path}: ${target}`;
      assert(await Deno.stat(`${REPOSITORY}${pathname}`).catch(() => undefined), shown);
      if (anchor === undefined) continue;
      assert(anchorsOf(await readDocument(pathname.slice(1))).includes(anchor), shown);
    }
  }
});

Deno.test("README links every document, and docs/errors.md has every error", async () => {
  const readme = await readDocument("README.md");
  for (const path of filesIn("docs", ".md")) assertStringIncludes(readme, `(./${path})`);
  const anchors = anchorsOf(await readDocument("docs/errors.md"));
  for (const [name, value] of Object.entries(library)) {
    if (!/Error$/.test(name) || typeof value !== "function") continue;
    assert(anchors.includes(name.toLowerCase()), name);
  }
  assert(anchorsOf(await readDocument("docs/windows.md")).includes("logons"));
});

Deno.test("the page of the package says how to install and run, with no link that is dead there", async () => {
  for (const path of ENTRY_POINTS) {
    const [head = ""] = (await readDocument(path)).split("*/");
    assert(!/\]\((?!https:)/.test(head), path);
    assertMatch(head, /@module/, path);
  }
  const [head = ""] = (await readDocument("mod.ts")).split("*/");
  for (
    const line of ["deno install -gf -A", "# Windows", "# macOS", "# Linux", "deno run --allow-"]
  ) {
    assertStringIncludes(head, line);
  }
});

Deno.test("the examples work where they are copied to", async () => {
  for (const path of filesIn("examples", ".ts")) {
    const text = await readDocument(path);
    for (const [, specifier = ""] of text.matchAll(/from "([^"]+)"/g)) {
      assertMatch(specifier, /^(jsr:@os-keyring\/keyring@\^0\.1(\/[\w-]+)?|\.\/\w+\.ts)$/, path);
    }
    assert(!/deno run[^\n]*examples[\\/]/.test(text), path);
  }
});
