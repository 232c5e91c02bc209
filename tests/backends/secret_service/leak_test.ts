// @environment secret-service
// @needs strace
//
// A marker goes through every path under strace, and turns up where it belongs only. Writes to the
// keyring, so it runs in a private session: dev/secret_service_session.sh deno test -A <this file>

import { assert, assertEquals, assertGreater, assertStringIncludes } from "@std/assert";
import { CHOICE_FLAGS, type Outcome, runToEnd } from "../../fixtures/command.ts";
import { holdsMarker, MARKER } from "../../fixtures/buffer_watch.ts";
import { isPrivateSession } from "../../fixtures/private_session.ts";

const ignore = !isPrivateSession();
const SERVICE = "keyring_test_leak";
const CLI = new URL("../../../cli.ts", import.meta.url).href;
const EVERY_PATH = new URL("../../fixtures/every_path.ts", import.meta.url).href;
const TOOL = "/usr/bin/secret-tool";

interface Traced extends Outcome {
  /** The lines of the trace. */
  trace: string[];
}

async function traced(args: string[], stdin: string): Promise<Traced> {
  const log = await Deno.makeTempFile();
  try {
    // -v shows whole environments, -y what a file descriptor is.
    const calls = "trace=execve,openat,write,writev,pwrite64,pwritev,pwritev2,sendto,sendmsg";
    const options = ["-f", "--seccomp-bpf", "-v", "-y", "-s", "65535", "-e", calls, "-o", log];
    const command = [...options, Deno.execPath(), ...args];
    const outcome = await runToEnd("strace", command, stdin, { NO_COLOR: "1" });
    const trace = (await Deno.readTextFile(log)).split("\n");
    return { ...outcome, trace };
  } finally {
    await Deno.remove(log);
  }
}

/**
 * Refuses every line with the marker that is not a write to a pipe, and counts those. A search
 * prints secrets, too, which nobody reads: its output is /dev/null.
 */
function assertKept({ trace, err }: Traced): number {
  assert(!err.includes(MARKER), err);
  assert(trace.some((line) => line.includes("execve(")), "Nothing was traced");
  const shown = trace.filter((line) => holdsMarker(new TextEncoder().encode(line)));
  const elsewhere = shown.filter((line) =>
    !/^\d+ +writev?\(\d+<(pipe:\[\d+\]|\/dev\/null)>, /.test(line)
  );
  // On stderr even a pipe is the wrong place.
  const stderr = shown.filter((line) => /^\d+ +writev?\(2</.test(line));
  assertEquals([...elsewhere, ...stderr], []);
  return shown.filter((line) => line.includes("<pipe:")).length;
}

async function clear(): Promise<void> {
  await new Deno.Command(TOOL, { args: ["clear", "service", SERVICE] }).output();
}

Deno.test({ name: "the library shows a secret to nobody", ignore }, async () => {
  try {
    const run = `--allow-run=${TOOL},/bin/false,/bin/cat,/bin/true,/nonexistent`;
    const flags = ["--no-check", "--no-prompt", run];
    const result = await traced(["run", ...flags, EVERY_PATH, SERVICE], MARKER);
    assertEquals([result.code, result.err], [0, ""]);
    const { errors, leaks } = JSON.parse(result.out);
    assertEquals(leaks, []);
    assertGreater(errors, 80);
    // Proof that the trace sees the ways that a secret does take.
    assertGreater(assertKept(result), 6);
  } finally {
    await clear();
  }
});

Deno.test({ name: "run shows a secret to its program only", ignore }, async () => {
  const granted = [`--allow-run=${TOOL},/bin/true`, ...CHOICE_FLAGS];
  const flags = ["run", "--no-check", "--no-prompt", ...granted, CLI];
  try {
    const set = ["set", SERVICE, "alice"];
    assertEquals((await traced([...flags, ...set], MARKER)).code, 0);
    const command = ["run", "--env", `TOKEN=${SERVICE}/alice`, "--", "/bin/true"];
    const { trace, ...result } = await traced([...flags, ...command], "");
    assertEquals([result.code, result.out, result.err], [0, "", ""]);
    const isStart = (line: string) => /^\d+ +execve\("\/(usr\/)?bin\/true", /.test(line);
    const starts = trace.filter(isStart);
    assertEquals(starts.length, 1);
    // Its arguments, then its environment.
    assertStringIncludes(starts[0] ?? "", `["/bin/true"], [`);
    assertStringIncludes(starts[0] ?? "", `"TOKEN=${MARKER}"`);
    assertKept({ ...result, trace: trace.filter((line) => !isStart(line)) });
  } finally {
    await clear();
  }
});

Deno.test({ name: "the command shows a secret on its output only", ignore }, async () => {
  const granted = [`--allow-run=${TOOL}`, ...CHOICE_FLAGS];
  const flags = ["run", "--no-check", "--no-prompt", ...granted, CLI];
  const run = (args: string[], stdin = "") => traced([...flags, ...args], stdin);
  try {
    const set = await run(["set", SERVICE, "alice"], `${MARKER}\n`);
    assertEquals([set.code, set.out, set.err], [0, "", ""]);
    assertGreater(assertKept(set), 0);
    const get = await run(["get", SERVICE, "alice"]);
    assertEquals([get.code, get.out, get.err], [0, `${MARKER}\n`, ""]);
    assertGreater(assertKept(get), 1);
    const json = await run(["get", "--mode", "creds", "--output", "json", SERVICE]);
    assertStringIncludes(json.out, MARKER);
    assertKept(json);
    assertEquals(assertKept(await run(["list", SERVICE])), 0);
    const large = MARKER.repeat(400);
    assertGreater(assertKept(await run(["set", SERVICE, "alice"], large)), 2);
    const whole = await run(["get", "-n", SERVICE, "alice"]);
    assertEquals([whole.out === large, whole.err], [true, ""]);
    assertKept(whole);
    assertGreater(assertKept(await run(["set", "--binary", SERVICE, "alice"], MARKER)), 0);
    const bytes = await run(["get", "--binary", SERVICE, "alice"]);
    assertEquals([bytes.out, bytes.err], [MARKER, ""]);
    assertKept(bytes);
    assertEquals(assertKept(await run(["prune"])), 0);
    const refused = await run(["set", "-b", "fail", SERVICE, "alice"], MARKER);
    assertEquals([refused.code, assertKept(refused)], [1, 0]);
    const usage = await run(["set", SERVICE], MARKER);
    assertEquals([usage.code, assertKept(usage)], [2, 0]);
    assertKept(await run(["del", SERVICE, "alice"]));
  } finally {
    await clear();
  }
});
