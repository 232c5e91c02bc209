// Other processes that use the encrypted file of a test.

import { assertEquals } from "@std/assert";

/** Starts one of the scripts beside this one. */
export function start(
  script: string,
  args: string[],
  stdin: "null" | "piped" = "null",
): Deno.ChildProcess {
  const url = new URL(`./${script}.ts`, import.meta.url).href;
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", "--no-check", "--cached-only", url, ...args],
    stdin,
    stdout: "piped",
  }).spawn();
}

/** Runs a test while another process holds the lock, and kills that at the end. */
export async function whileLocked(
  path: string,
  test: (kill: () => void) => Promise<void>,
): Promise<void> {
  const child = start("file_holder", [path]);
  const reader = child.stdout.getReader();
  try {
    const { value } = await reader.read();
    assertEquals(new TextDecoder().decode(value).trim(), "held");
    await test(() => child.kill("SIGKILL"));
  } finally {
    await reader.cancel();
    try {
      child.kill("SIGKILL");
    } catch {
      // The test has already killed it.
    }
    await child.status;
  }
}
