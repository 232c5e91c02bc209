// deno run -A bench/cold_file.ts
//
// One `keyring get` from an encrypted file with a thousand entries as a whole process, beside `age -d`
// on the same file, alternating; then what a passphrase costs, alone and in a batch of twelve.

import { EncryptedFileKeyring } from "../file.ts";
import type { Keyring } from "../mod.ts";
import { makeLargeFile } from "./large_file.ts";

const CLI = decodeURIComponent(new URL("../cli.ts", import.meta.url).pathname);
const RUNS = 31;
const large = await makeLargeFile();
const env = {
  KEYRING_BACKEND: "file",
  KEYRING_FILE: large.path,
  KEYRING_FILE_IDENTITY: large.identityFile,
};
const flags = [
  `--allow-env=${Object.keys(env).join(",")}`,
  `--allow-read=${large.folder}`,
  `--allow-write=${large.folder}`,
];

const COMMANDS: Record<string, [program: string, ...args: string[]]> = {
  "keyring get": [Deno.execPath(), "run", ...flags, CLI, "get", "my_app", "user 500"],
  "age -d": ["age", "-d", "-i", large.identityFile, large.path],
  "deno, nothing": [Deno.execPath(), "eval", "0"],
};

async function timeOf(action: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await action();
  return performance.now() - start;
}

async function run([program, ...args]: [string, ...string[]]): Promise<void> {
  const { success } = await new Deno.Command(program, { args, env, stderr: "inherit" }).output();
  if (!success) throw new Error(`${program} failed`);
}

function report(name: string, times: number[]): void {
  times.sort((a, b) => a - b);
  const [median, least, most] = [times[Math.floor(times.length / 2)], times[0], times.at(-1)];
  const range = `${least?.toFixed(1)} … ${most?.toFixed(1)}`;
  console.log(`${name.padEnd(30)} ${median?.toFixed(1)} ms (${range})`);
}

const USERS = Array.from({ length: 12 }, (_, index) => `user ${index}`);

async function setAll(keyring: Keyring): Promise<void> {
  for (const user of USERS) await keyring.setPassword("my_app", user, "made-up");
}

async function getAll(keyring: Keyring): Promise<void> {
  for (const user of USERS) await keyring.getPassword("my_app", user);
}

const times: Record<string, number[]> = {};
const measure = async (name: string, action: () => Promise<unknown>) => {
  (times[name] ??= []).push(await timeOf(action));
};
const opened = new EncryptedFileKeyring({ ...large });
const unlocked = new EncryptedFileKeyring({ ...large, cacheSeconds: 600 });
const locked = new EncryptedFileKeyring({
  path: `${large.folder}/other.age`,
  passphrase: "made-up",
});
try {
  await measure("create, passphrase", () => locked.create());
  for (let count = 0; count < RUNS; count++) {
    for (const [name, command] of Object.entries(COMMANDS)) await measure(name, () => run(command));
    await measure("in process, opened anew", () => opened.getPassword("my_app", "user 500"));
    await measure("in process, after unlock", () => unlocked.getPassword("my_app", "user 500"));
    if (count >= 5) continue;
    await measure("get, passphrase", () => locked.getPassword("my_app", "user 500"));
    await measure("set, passphrase", () => locked.setPassword("my_app", "alice", "made-up"));
    await measure("12 sets in a batch, passphrase", () => locked.batch(setAll));
    await measure("12 gets in a batch, passphrase", () => locked.batch(getAll));
  }
  for (const [name, values] of Object.entries(times)) report(name, values);
} finally {
  unlocked.forget();
  await Deno.remove(large.folder, { recursive: true });
}
