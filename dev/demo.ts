/**
 * Stores, reads and deletes a password (examples/basic.ts) on this machine's keyring, with exactly
 * the flags of the README. Where there is no keyring, it starts one for the purpose.
 *
 * @module
 */

import { probeSecretService } from "../src/linux/probe.ts";
import { REPOSITORY } from "./rig/cache.ts";
import { needPrograms } from "./rig/debian.ts";
import { announce, InterruptedError, RigUnavailableError, run } from "./rig/process.ts";

const LIBRARIES = ["advapi32.dll", "kernel32.dll"].map((name) => `C:\\Windows\\System32\\${name}`);

function flag(): string {
  if (Deno.build.os === "windows") return `--allow-ffi=${LIBRARIES.join(",")}`;
  return `--allow-run=/usr/bin/${Deno.build.os === "darwin" ? "security" : "secret-tool"}`;
}

async function demo(): Promise<number> {
  const command = [Deno.execPath(), "run", "--no-prompt", flag(), "examples/basic.ts"];
  if (Deno.build.os !== "linux") {
    announce("using this machine's own keyring");
    return await show(command);
  }
  const { viable, reason } = await probeSecretService();
  if (!viable) return await showInSession(command, `no keyring here (${reason})`);
  announce("using this machine's own keyring, the Secret Service");
  const code = await show(command);
  if (code === 0 || Deno.env.get("DISPLAY") || Deno.env.get("WAYLAND_DISPLAY")) return code;
  return await showInSession(command, "it has no keyring that opens without a desktop");
}

async function showInSession(command: string[], reason: string): Promise<number> {
  announce(reason);
  await needPrograms(["dbus-run-session", "gnome-keyring-daemon", "secret-tool", "gdbus"]);
  announce("using a GNOME Keyring in a private session, started for this demo and then removed");
  return await show([`${REPOSITORY}/dev/secret_service_session.sh`, ...command]);
}

async function show([program = "", ...args]: string[]): Promise<number> {
  return await run(program, args, { cwd: REPOSITORY, group: true });
}

if (import.meta.main) {
  try {
    Deno.exit(await demo());
  } catch (error) {
    if (error instanceof InterruptedError) Deno.exit(130);
    if (!(error instanceof RigUnavailableError)) throw error;
    console.error(`Cannot show the demo: ${error.message}`);
    Deno.exit(1);
  }
}
