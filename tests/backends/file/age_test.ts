import * as age from "age-encryption";
import { assert, assertEquals, assertRejects } from "@std/assert";
import config from "../../../deno.json" with { type: "json" };
import { CorruptSecretError, KeyringError, KeyringLockedError } from "../../../src/errors.ts";
import { AGE_PACKAGE, type AgeModule } from "../../../src/backends/file/age.ts";
import { TemporaryFile } from "../../support/temporary_file.ts";

const MOD = new URL("../../../mod.ts", import.meta.url).href;
const BACKEND = new URL("../../../src/backends/file/backend.ts", import.meta.url).href;

Deno.test("an encrypted file loads the package of deno.json, and uses it as its types say", () => {
  assertEquals(AGE_PACKAGE, config.imports["age-encryption"]);
  const typed: AgeModule = age;
  assert(typed.Encrypter === age.Encrypter);
});

/** Runs a script with a module cache that is empty, and from which alone it may load. */
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

Deno.test("who uses no encrypted file loads nothing from npm", async () => {
  const { out, npm } = await runWithoutModules(`
    import { getPassword, MemoryKeyring, setKeyring } from ${JSON.stringify(MOD)};
    console.log(await getPassword("my_app", "alice"));
    setKeyring(new MemoryKeyring());
    console.log(await getPassword("my_app", "alice"));
  `);
  assertEquals([out, npm], ["null\nnull\n", []]);
});

Deno.test("an encrypted file whose package cannot be loaded says what to do", async () => {
  const { out } = await runWithoutModules(`
    import { EncryptedFileKeyring } from ${JSON.stringify(BACKEND)};
    const keyring = new EncryptedFileKeyring({ path: "x/keyring.age", passphrase: "made-up" });
    await keyring.create({ recipients: ["age1" + "q".repeat(58)] }).catch((error) => {
      console.log(error.message);
    });
  `);
  assert(out.startsWith("Cannot open the keyring: the package age-encryption cannot be"), out);
  assert(out.includes("deno cache jsr:@os-keyring/keyring/file"), out);
});

Deno.test("main and command know nothing of age before an encrypted file is opened", async () => {
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", "--no-lock", new URL("../../../cli.ts", import.meta.url).href],
  }).output();
  const text = new TextDecoder().decode(stdout);
  assert(text.includes("src/backends/file/age.ts"));
  assert(!text.includes("age-encryption"), "the graph of cli.ts holds age-encryption");
});

/** Opens each of these files in the place of an encrypted file, and tells what came of it. */
async function tryAll(
  encrypted: TemporaryFile,
  files: Iterable<Uint8Array>,
  read: () => Promise<string | null>,
): Promise<number> {
  let count = 0;
  for (const file of files) {
    await Deno.writeFile(encrypted.path, file);
    const error = await assertRejects(read, KeyringError);
    assert(error instanceof CorruptSecretError || error instanceof KeyringLockedError, `${error}`);
    assert(
      error.message.includes(encrypted.path) && !error.message.includes("made-up"),
      error.message,
    );
    count++;
  }
  return count;
}

// The same code is at work on Windows, and Wine is slow.
const EVERY = Deno.build.os === "windows" ? 7 : 1;

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

Deno.test("an encrypted file for an identity with one bit flipped, or cut off, is an error", async () => {
  await using encrypted = await TemporaryFile.create();
  const keyring = encrypted.open();
  await keyring.setPassword("s", "u", "made-up");
  const file = await Deno.readFile(encrypted.path);
  const read = () => keyring.getPassword("s", "u");
  assertEquals(await tryAll(encrypted, flipped(file), read), Math.ceil(8 * file.length / EVERY));
  assertEquals(await tryAll(encrypted, truncated(file), read), file.length);
  await assertRejects(() => keyring.setPassword("s", "u", "made-up"), KeyringError);
});

Deno.test("an encrypted file with a passphrase with one bit flipped, or cut off, is an error", async () => {
  await using encrypted = await TemporaryFile.empty();
  const keyring = encrypted.open({ passphrase: "correct horse" });
  const file = await encryptCheaply("correct horse");
  await Deno.writeFile(encrypted.path, file, { mode: 0o600 });
  const read = () => keyring.getPassword("s", "u");
  assertEquals(await read(), "made-up");
  assertEquals(await tryAll(encrypted, flipped(file), read), Math.ceil(8 * file.length / EVERY));
  assertEquals(await tryAll(encrypted, truncated(file), read), file.length);
});

Deno.test("work that no machine can do is refused before it is begun", async () => {
  await using encrypted = await TemporaryFile.empty();
  const text = new TextDecoder("latin1").decode(await encryptCheaply("correct horse"));
  const file = text.replace(/^(-> scrypt \S+) 10$/m, "$1 30");
  await Deno.writeFile(encrypted.path, Uint8Array.from(file, (c) => c.charCodeAt(0)), {
    mode: 0o600,
  });
  const keyring = encrypted.open({ passphrase: "correct horse" });
  const error = await assertRejects(() => keyring.getPassword("s", "u"), CorruptSecretError);
  assert(error.message.includes("work factor is too high"), error.message);
});

/** Encrypts an encrypted file with a low work factor, which is read but never written. */
async function encryptCheaply(passphrase: string): Promise<Uint8Array> {
  const entries = [{ service: "s", username: "u", password: "made-up" }];
  const document = { format: "os-keyring-file", version: 1, recipients: [], entries };
  const encrypter = new age.Encrypter();
  encrypter.setPassphrase(passphrase);
  encrypter.setScryptWorkFactor(10);
  return await encrypter.encrypt(JSON.stringify(document));
}
