// deno run -A bench/cold_file.ts
//
// One `keyring get` from an encrypted file with a thousand entries as a whole process, beside `age -d` on the
// same file, alternating; then what a passphrase costs.

import { EncryptedFileKeyring } from "../file.ts";
import { makeLargeFile } from "./large_file.ts";

const CLI = decodeURIComponent(new URL("../cli.ts", import.meta.url).pathname);
const RUNS = 31;
const encrypted = await makeLargeFile();
const env = {
  KEYRING_BACKEND: "file",
  KEYRING_FILE: encrypted.path,
  KEYRING_FILE_IDENTITY: encrypted.identityFile,
};
const flags = [
  `--allow-env=${Object.keys(env).join(",")}`,
  `--allow-read=${encrypted.folder}`,
  `--allow-write=${encrypted.folder}`,
];

const COMMANDS: Record<string, [program: string, ...args: string[]]> = {
  "keyring get": [Deno.execPath(), "run", ...flags, CLI, "get", "my_app", "user 500"],
  "age -d": ["age", "-d", "-i", encrypted.identityFile, encrypted.path],
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

const times: Record<string, number[]> = {};
const measure = async (name: string, action: () => Promise<unknown>) => {
  (times[name] ??= []).push(await timeOf(action));
};
const opened = new EncryptedFileKeyring({ ...encrypted });
const unlocked = new EncryptedFileKeyring({ ...encrypted, cacheSeconds: 600 });
const locked = new EncryptedFileKeyring({
  path: `${encrypted.folder}/other.age`,
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
  }
  for (const [name, values] of Object.entries(times)) report(name, values);
} finally {
  unlocked.forget();
  await Deno.remove(encrypted.folder, { recursive: true });
}
