// The backend that docs/backends.md writes, and its test, as they stand there: copied out of the
// repository, with the package's specifier replaced by this checkout.

import { assertEquals, assertMatch } from "@std/assert";

const GUIDE = new URL("../docs/backends.md", import.meta.url);
const TESTING = new URL("../testing.ts", import.meta.url).href;

Deno.test("the backend of docs/backends.md passes the conformance suite", async () => {
  const guide = await Deno.readTextFile(GUIDE);
  const folder = await Deno.makeTempDir();
  try {
    for (const [, name, code] of guide.matchAll(/```ts\n\/\/ (\w+\.ts)\n([\s\S]*?)```/g)) {
      const text = `${code}`.replaceAll("jsr:@os-keyring/keyring@^0.1/testing", TESTING);
      await Deno.writeTextFile(`${folder}/${name}`, text);
    }
    const flags = /deno test (--\S+ --\S+) folder_keyring_test.ts/.exec(guide)?.[1]?.split(" ");
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        "test",
        "--config",
        new URL("../deno.json", import.meta.url).pathname.replace(/^\/([A-Z]:)/, "$1"),
        "--no-lock",
        "--cached-only",
        ...flags ?? [],
        `${folder}/folder_keyring_test.ts`,
      ],
      env: { NO_COLOR: "1", TMPDIR: folder },
    }).output();
    const output = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
    assertEquals(code, 0, output);
    assertMatch(output, /ok \| [2-9]\d passed \| 0 failed/);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
