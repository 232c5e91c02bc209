import { assert, assertEquals, assertThrows } from "@std/assert";
import { environmentOf } from "../../dev/rig/environment.ts";
import { groupFiles } from "../../dev/rig/groups.ts";
import { parseHead, testFiles } from "../../dev/rig/heads.ts";

const OWN_SYSTEM = Deno.build.os === "darwin" ? "macos" : Deno.build.os;

Deno.test("parseHead() reads what the comment at the top says", () => {
  const text = `// @environment windows, unit
// @needs strace, python3:keyring (python3-keyring)
// @uses tool:pip
// @soak
//
// What it tests.

// @environment linux
import "x";
`;
  assertEquals(parseHead("tests/a_test.ts", text.replaceAll("\n", "\r\n")), {
    path: "tests/a_test.ts",
    environments: ["windows", "unit"],
    needs: [
      { name: "strace", package: "strace" },
      { name: "python3:keyring", package: "python3-keyring" },
    ],
    uses: [{ name: "tool:pip", package: "tool:pip" }],
    soak: true,
    alone: false,
  });
});

Deno.test("parseHead() knows a file that changes what others see", () => {
  for (const line of ['Deno.env.set("A", "b");', "using _ = new Variables({});"]) {
    assert(parseHead("a_test.ts", `import "x";\n${line}\n`).alone);
  }
  assert(!parseHead("a_test.ts", 'Deno.env.get("A");\n').alone);
});

Deno.test("parseHead() takes a file that says nothing for a unit", () => {
  const { environments, needs, soak } = parseHead("a_test.ts", "// What it tests.\n");
  assertEquals([environments, needs, soak], [["unit"], [], false]);
});

Deno.test("parseHead() refuses what it does not know", () => {
  assertThrows(() => parseHead("a_test.ts", "// @enviroment unit\n"), TypeError, "@enviroment");
  assertThrows(() => parseHead("a_test.ts", "// @environment\n"), TypeError, "names none");
});

Deno.test("groupFiles() puts a file into each of its groups, once", () => {
  const files = [
    parseHead("a_test.ts", `// @environment windows, unit, ${OWN_SYSTEM}\n`),
    parseHead("b_test.ts", "// @environment secret-service\n"),
    parseHead("c_test.ts", "import 'x';\n"),
  ];
  const groups = groupFiles(files).map(({ name, files }) => [name, files.map(({ path }) => path)]);
  assertEquals(groups[0], ["unit", ["a_test.ts", "c_test.ts"]]);
  assertEquals(groups[1], ["secret-service", ["b_test.ts"]]);
  assertEquals(environmentOf(OWN_SYSTEM), "unit");
});

Deno.test("every test file's head is understood", async () => {
  const files = await testFiles();
  assert(files.some(({ path }) => path === "tests/dev/heads_test.ts"));
});
