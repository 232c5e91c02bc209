/**
 * Stores, reads and deletes a password (examples/basic.ts) on this machine's keyring, with exactly
 * the flags of the README. Where there is no keyring, it makes an encrypted file for the purpose.
 *
 * @module
 */

import { probe } from "../src/backends/secret_service/open.ts";
import { EncryptedFileKeyring } from "../file.ts";
import { KeyringError } from "../mod.ts";
import { REPOSITORY } from "./rig/cache.ts";
import { announce, InterruptedError, run } from "./rig/process.ts";

const LIBRARIES = ["advapi32.dll", "kernel32.dll"].map((name) => `C:\\Windows\\System32\\${name}`);

function flag(): string {
  if (Deno.build.os === "windows") return `--allow-ffi=${LIBRARIES.join(",")}`;
  return `--allow-run=/usr/bin/${Deno.build.os === "darwin" ? "security" : "secret-tool"}`;
}

async function demo(): Promise<number> {
  if (Deno.build.os === "linux") {
    const { viable, reason } = await probe();
    if (!viable) return await showInFile(`no keyring here (${reason})`);
  }
  announce("using this machine's own keyring");
  const code = await show([flag()]);
  if (code === 0 || Deno.env.get("DISPLAY") || Deno.env.get("WAYLAND_DISPLAY")) return code;
  return await showInFile("it has no keyring that opens without a desktop");
}

async function showInFile(reason: string): Promise<number> {
  announce(reason);
  const folder = await Deno.makeTempDir({ prefix: "os-keyring-demo-" });
  try {
    const [path, identityFile] = [`${folder}/keyring.age`, `${folder}/identity.txt`];
    await new EncryptedFileKeyring({ path, identityFile }).create();
    announce(`using an encrypted file, ${path}, made for this demo and then removed`);
    const env = {
      KEYRING_BACKEND: "file",
      KEYRING_FILE: path,
      KEYRING_FILE_IDENTITY: identityFile,
    };
    const names = Object.keys(env).join(",");
    const flags = [`--allow-env=${names}`, `--allow-read=${folder}`, `--allow-write=${folder}`];
    return await show(flags, env);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function show(flags: string[], env: Record<string, string> = {}): Promise<number> {
  const args = ["run", "--no-prompt", ...flags, "examples/basic.ts"];
  return await run(Deno.execPath(), args, { cwd: REPOSITORY, env, group: true });
}

if (import.meta.main) {
  try {
    Deno.exit(await demo());
  } catch (error) {
    if (error instanceof InterruptedError) Deno.exit(130);
    if (!(error instanceof KeyringError)) throw error;
    console.error(`Cannot show the demo: ${error.message}`);
    Deno.exit(1);
  }
}
