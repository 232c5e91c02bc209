import { assertEquals } from "@std/assert";
import { allowFlag, exportLine, mergeFlags, shellWord } from "../../src/lib/shell.ts";
import { runToEnd } from "../fixtures/command.ts";

const POSIX = { ignore: Deno.build.os === "windows" };

Deno.test("a word means itself in sh and bash, whatever is in it", POSIX, async () => {
  const texts = [
    "plain-1.age",
    "",
    "~/x",
    "-n",
    "a b",
    "$(id)`id`$HOME",
    'it\'s \\ "x"',
    "'",
    "é🔑",
    "*?[a]{b,c}",
    "!1 #x ;&|<>",
    "a=b",
  ];
  for (const shell of ["sh", "bash"]) {
    const words = texts.map((text) => shellWord(text, "linux")).join(" ");
    const { out } = await runToEnd(shell, ["-c", `printf '%s|' ${words}`], "", {});
    assertEquals(out, texts.map((text) => `${text}|`).join(""), shell);
  }
  const controls = "it's\na\\b\x1b[2J\u202e";
  const word = shellWord(controls, "linux");
  // deno-lint-ignore no-control-regex -- these are what is looked for
  assertEquals(/[\0-\x1f\u202e]/.test(word), false);
  const env = { LC_ALL: "C.UTF-8" };
  assertEquals((await runToEnd("bash", ["-c", `printf %s ${word}`], "", env)).out, controls);
});

Deno.test("PowerShell's quotes are doubled, also the typographic ones", () => {
  const cases = [
    ["C:\\Users\\alice\\a.age", "C:\\Users\\alice\\a.age"],
    ["C:\\a b$(id).age", "'C:\\a b$(id).age'"],
    ["it's \u2019x\u2018", "'it''s \u2019\u2019x\u2018\u2018'"],
  ];
  for (const [text = "", word = ""] of cases) assertEquals(shellWord(text, "windows"), word);
  assertEquals(
    exportLine({ KEYRING_BACKEND: "file", KEYRING_FILE: "C:\\a b" }, "windows"),
    "$env:KEYRING_BACKEND = 'file'; $env:KEYRING_FILE = 'C:\\a b'",
  );
});

Deno.test(
  "a flag grants a path, and for one with a comma the nearest folder that can be named",
  POSIX,
  async () => {
    assertEquals(allowFlag("read", "/a/b"), "--allow-read=/a/b");
    assertEquals(allowFlag("write", "/a,b"), "--allow-write=/");
    assertEquals(allowFlag("write", "a,b"), "--allow-write");
    const folder = await Deno.makeTempDir({ suffix: " $(id)" });
    for (const name of ["plain", "it's a,b/c,d"]) {
      const path = `${folder}/${name}`;
      await Deno.mkdir(path, { recursive: true });
      await Deno.writeTextFile(`${path}/read.js`, "Deno.statSync(Deno.args[0])");
      const flag = allowFlag("read", path);
      const command = `"$0" run --no-prompt ${flag} "$1" "$2"`;
      const args = ["-c", command, Deno.execPath(), `${path}/read.js`, path];
      const { code, err } = await runToEnd("sh", args, "", {});
      assertEquals([code, err], [0, ""]);
    }
    await Deno.remove(folder, { recursive: true });
  },
);

Deno.test("the flags of a permission become one, which means the same", POSIX, async () => {
  const given = [
    '--allow-env="KEYRING_*,A" --allow-env=A,KEYRING_FILE,B',
    "--allow-read=/a/b --allow-read=/a --allow-read='/it'\\''s' '--allow-read=/x y'",
    "--allow-run=npm --allow-net",
    "--allow-net=host:1 $'--allow-write=/a\\'b' --allow-write=\"$HOME/c d\"",
    "-q",
  ];
  const merged = mergeFlags(given, "linux");
  assertEquals(merged, [
    '--allow-env="KEYRING_*,A,B"',
    "--allow-read=/a,'/it'\\''s','/x y'",
    "--allow-run=npm",
    "--allow-net",
    "--allow-write=\"$HOME/c d\",$'/a\\'b'",
    "-q",
  ]);
  assertEquals(mergeFlags([...given, merged.join(" ")], "linux"), merged);
  const command = `printf '%s|' ${merged.join(" ")}`;
  const { out } = await runToEnd("bash", ["-c", command], "", { HOME: "/home/alice" });
  assertEquals(
    out,
    "--allow-env=KEYRING_*,A,B|--allow-read=/a,/it's,/x y|--allow-run=npm|--allow-net|" +
      "--allow-write=/home/alice/c d,/a'b|-q|",
  );
});

Deno.test("in PowerShell they become one string", () => {
  const given = [
    '--allow-read="$env:LOCALAPPDATA\\Python Keyring" --allow-run=npm --allow-run=make',
    "'--allow-read=C:\\it''s $(id)' --allow-read=C:\\a --allow-read=C:\\a\\b",
  ];
  assertEquals(mergeFlags(given, "windows"), [
    '--allow-read="$env:LOCALAPPDATA\\Python Keyring,C:\\it\'s `$(id),C:\\a"',
    '--allow-run="npm,make"',
  ]);
});
