// @needs tool:network
//
// What the first `deno run cli.ts …` of a fresh clone downloads.

import { assertEquals } from "@std/assert";

const CLI = new URL("../../cli.ts", import.meta.url).href;

/** The packages in the cache of npm of a process that had none. */
async function downloadedBy(args: string[], input = ""): Promise<string[]> {
  const folder = await Deno.makeTempDir();
  try {
    const child = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--no-check", CLI, ...args],
      env: { DENO_DIR: folder, KEYRING_BACKEND: "null" },
      stdin: "piped",
      stdout: "null",
      stderr: "piped",
    }).spawn();
    const writer = child.stdin.getWriter();
    await writer.write(new TextEncoder().encode(input));
    await writer.close();
    const { stderr } = await child.output();
    const output = new TextDecoder().decode(stderr);
    if (/error sending request|Could not|dns error/.test(output)) throw new Error(output);
    const names = [...output.matchAll(/^Download \S*\/([\w.-]+)-\d[^/]*\.tgz$/gm)];
    return names.map(([, name = ""]) => name).sort();
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("a first run downloads the parser of its arguments, and nothing else", async () => {
  for (const args of [["set", "svc", "alice"], ["get", "svc", "alice"], ["--help"]]) {
    assertEquals(await downloadedBy(args, "s3cret\n"), ["deno-std"], args.join(" "));
  }
  const csv = "service,username,password\nsvc,alice,s3cret\n";
  assertEquals(await downloadedBy(["import", "--format", "csv"], csv), ["csv-parse", "deno-std"]);
  const jsonl = '{"service": "svc", "username": "alice", "password": "s3cret"}\n';
  assertEquals(await downloadedBy(["import", "--format", "jsonl"], jsonl), ["deno-std"]);
});
