// @environment linux
// @needs tool:bun, node (nodejs)
//
// Other runtimes: importing the library works there, and the first call says what to use instead.

import { assertEquals } from "@std/assert";

const BUN = Deno.env.get("KEYRING_TEST_BUN") ?? "";
const ignore = BUN === "";
const MODULE = decodeURIComponent(new URL("../../mod.ts", import.meta.url).pathname);

const SCRIPT = `
const { getPassword, list, MemoryKeyring } = await import(process.argv[2]);
for (const call of [() => getPassword("my_app", "alice"), () => list()]) {
  await call().catch(({ name, message }) => console.log(name + ": " + message));
}
const keyring = new MemoryKeyring();
await keyring.setPassword("my_app", "alice", "s3cret");
console.log(await keyring.getPassword("my_app", "alice"));
`;

async function run(command: string, args: string[], folder: string): Promise<string> {
  const { code, stdout, stderr } = await new Deno.Command(command, {
    args,
    cwd: folder,
    clearEnv: true,
    env: { HOME: folder, PATH: Deno.env.get("PATH") ?? "" },
  }).output();
  assertEquals(code, 0, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}

function expected(instead: string): string {
  const error = `NoKeyringError: Cannot open the keyring: this library needs Deno; ${instead}\n`;
  return `${error.repeat(2)}s3cret\n`;
}

Deno.test(
  "Bun and Node.js import the library, and a call says what to use",
  { ignore },
  async () => {
    const folder = await Deno.makeTempDir();
    try {
      await Deno.writeTextFile(`${folder}/script.mjs`, SCRIPT);
      const inBun = await run(BUN, ["script.mjs", MODULE], folder);
      assertEquals(inBun, expected("in Bun, use Bun.secrets"));
      const build = ["build", MODULE, "--target=node", `--outfile=${folder}/mod.mjs`];
      await run(BUN, build, folder);
      const inNode = await run("node", ["script.mjs", `${folder}/mod.mjs`], folder);
      assertEquals(inNode, expected("in Node.js, use the package @napi-rs/keyring"));
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
);
