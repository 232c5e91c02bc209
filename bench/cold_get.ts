// dev/secret_service_session.sh deno run -A bench/cold_get.ts
//
// One `keyring get` as a whole process, ours beside Python's, alternating on one gnome-keyring.

import { SecretServiceKeyring } from "../src/backends/secret_service.ts";

const CLI = decodeURIComponent(new URL("../cli.ts", import.meta.url).pathname);
const RUNS = 21;
const service = `os-keyring-bench-${crypto.randomUUID()}`;
const keyring = new SecretServiceKeyring();

const COMMANDS: Record<string, [program: string, ...args: string[]]> = {
  ours: [Deno.execPath(), "run", "--allow-run=/usr/bin/secret-tool", CLI, "get", service, "alice"],
  python: ["/usr/bin/python3", "-m", "keyring", "get", service, "alice"],
  "secret-tool": ["/usr/bin/secret-tool", "lookup", "service", service, "username", "alice"],
};

async function measure([program, ...args]: [string, ...string[]]): Promise<number> {
  const start = performance.now();
  const { success } = await new Deno.Command(program, { args, stderr: "inherit" }).output();
  if (!success) throw new Error(`${program} failed`);
  return performance.now() - start;
}

await keyring.setPassword(service, "alice", "made-up");
const times: Record<string, number[]> = {};
try {
  for (let run = 0; run < RUNS; run++) {
    for (const [name, command] of Object.entries(COMMANDS)) {
      (times[name] ??= []).push(await measure(command));
    }
  }
} finally {
  await keyring.deletePassword(service, "alice");
}

const medians: Record<string, number> = {};
for (const [name, values] of Object.entries(times)) {
  values.sort((a, b) => a - b);
  medians[name] = values[Math.floor(RUNS / 2)] ?? NaN;
  const range = `${values[0]?.toFixed(1)} … ${values.at(-1)?.toFixed(1)}`;
  console.log(`${name.padEnd(12)} ${medians[name]?.toFixed(1)} ms (${range})`);
}
const ratio = (medians.python ?? NaN) / (medians.ours ?? NaN);
console.log(`Python's takes ${ratio.toFixed(1)} times as long as ours`);
