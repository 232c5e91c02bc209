import * as age from "age-encryption";
import { assert, assertEquals, assertRejects } from "@std/assert";
import config from "../../../deno.json" with { type: "json" };
import { CorruptSecretError, KeyringError, KeyringLockedError } from "../../../src/errors.ts";
import { AGE_PACKAGE, type AgeModule } from "../../../src/backends/file/age.ts";
import "../../support/cheap_scrypt.ts";
import { TemporaryFile } from "../../support/temporary_file.ts";

const MOD = new URL("../../../mod.ts", import.meta.url).href;
const BACKEND = new URL("../../../src/backends/file/backend.ts", import.meta.url).href;

Deno.test("the package is the one of deno.json, and matches its types", () => {
  assertEquals(AGE_PACKAGE, config.imports["age-encryption"]);
  const typed: AgeModule = age;
  assert(typed.Encrypter === age.Encrypter);
});

/** Runs a script that may load modules only from a module cache, which is empty. */
async function runWithoutModules(script: string): Promise<{ out: string; npm: string[] }> {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${folder}/main.ts`, script);
    const flags = ["--quiet", "--no-prompt", "--no-check", "--no-lock", "--cached-only", "-A"];
    const config = new URL("../../../deno.json", import.meta.url);
    const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", ...flags, `--config=${fromUrl(config)}`, `${folder}/main.ts`],
      env: { DENO_DIR: `${folder}/deno_dir`, NO_COLOR: "1", KEYRING_BACKEND: "null" },
    }).output();
    const decoder = new TextDecoder();
    const npm = [];
    for (const { name } of Deno.readDirSync(`${folder}/deno_dir/npm`)) npm.push(name);
    return { out: decoder.decode(stdout) + decoder.decode(stderr), npm };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function fromUrl(url: URL): string {
  return decodeURIComponent(url.pathname).replace(/^\/([A-Za-z]:)/, "$1");
}

Deno.test("a program without an encrypted file loads nothing from npm", async () => {
  const { out, npm } = await runWithoutModules(`
    import { getPassword, MemoryKeyring, setKeyring } from ${JSON.stringify(MOD)};
    console.log(await getPassword("my_app", "alice"));
    setKeyring(new MemoryKeyring());
    console.log(await getPassword("my_app", "alice"));
  `);
  assertEquals([out, npm], ["null\nnull\n", []]);
});

Deno.test("a package that cannot be loaded is reported with what to do", async () => {
  const { out } = await runWithoutModules(`
    import { EncryptedFileKeyring } from ${JSON.stringify(BACKEND)};
    const keyring = new EncryptedFileKeyring({ path: "x/keyring.age", passphrase: "made-up" });
    await keyring.create({ recipients: ["age1" + "q".repeat(58)] }).catch((error) => {
      console.log(error.message);
    });
  `);
  assert(out.startsWith("Cannot open the keyring: the package age-encryption cannot be"), out);
  assert(out.includes("deno cache jsr:@os-keyring/keyring@^0.1/file"), out);
});

Deno.test("the main module and the command do not import age statically", async () => {
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", "--no-lock", new URL("../../../cli.ts", import.meta.url).href],
  }).output();
  const text = new TextDecoder().decode(stdout);
  assert(text.includes("src/backends/file/age.ts"));
  assert(!text.includes("age-encryption"), "the graph of cli.ts holds age-encryption");
});

/** Reads each of these files in place of the real one; returns how many were errors. */
async function tryAll(
  temporary: TemporaryFile,
  files: Iterable<Uint8Array>,
  read: () => Promise<string | null>,
): Promise<number> {
  let count = 0;
  for (const file of files) {
    await Deno.writeFile(temporary.path, file);
    const error = await assertRejects(read, KeyringError);
    assert(error instanceof CorruptSecretError || error instanceof KeyringLockedError, `${error}`);
    assert(
      error.message.includes(temporary.path) && !error.message.includes("made-up"),
      error.message,
    );
    count++;
  }
  return count;
}

// At least one bit of each byte, another one than of the byte before; each bit where time is no matter.
const EVERY = Deno.env.get("KEYRING_TEST_SOAK") === "1" ? 1 : 7;

function* flipped(file: Uint8Array): Generator<Uint8Array> {
  for (let bit = 0; bit < 8 * file.length; bit += EVERY) {
    const copy = file.slice();
    copy[bit >> 3] = (copy[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    yield copy;
  }
}

function* truncated(file: Uint8Array): Generator<Uint8Array> {
  for (let length = 0; length < file.length; length++) yield file.slice(0, length);
}

Deno.test("a file for an identity with one bit flipped, or cut off, is an error", async () => {
  await using temporary = await TemporaryFile.create();
  const keyring = temporary.open();
  await keyring.setPassword("s", "u", "made-up");
  const file = await Deno.readFile(temporary.path);
  const read = () => keyring.getPassword("s", "u");
  assertEquals(await tryAll(temporary, flipped(file), read), Math.ceil(8 * file.length / EVERY));
  assertEquals(await tryAll(temporary, truncated(file), read), file.length);
  await assertRejects(() => keyring.setPassword("s", "u", "made-up"), KeyringError);
});

Deno.test("a file with a passphrase with one bit flipped, or cut off, is an error", async () => {
  await using temporary = await TemporaryFile.locked("correct horse");
  const keyring = temporary.open({ passphrase: "correct horse" });
  await keyring.setPassword("s", "u", "made-up");
  const file = await Deno.readFile(temporary.path);
  const read = () => keyring.getPassword("s", "u");
  assertEquals(await read(), "made-up");
  assertEquals(await tryAll(temporary, flipped(file), read), Math.ceil(8 * file.length / EVERY));
  assertEquals(await tryAll(temporary, truncated(file), read), file.length);
});

Deno.test("a work factor that no machine can do is refused before it is tried", async () => {
  await using temporary = await TemporaryFile.locked("correct horse");
  const text = new TextDecoder("latin1").decode(await Deno.readFile(temporary.path));
  const file = text.replace(/^(-> scrypt \S+) 10$/m, "$1 30");
  await Deno.writeFile(temporary.path, Uint8Array.from(file, (c) => c.charCodeAt(0)));
  const keyring = temporary.open({ passphrase: "correct horse" });
  const error = await assertRejects(() => keyring.getPassword("s", "u"), CorruptSecretError);
  assert(error.message.includes("work factor is too high"), error.message);
});
