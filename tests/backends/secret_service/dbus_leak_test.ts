// @needs dbus-daemon (dbus), gnome-keyring-daemon (gnome-keyring), strace
//
// A secret goes through every call over D-Bus, and nobody who looks on sees it.

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { BUS, Connection } from "../../../src/lib/dbus/connection.ts";
import { BufferWatch, holdsMarker, MARKER } from "../../fixtures/buffer_watch.ts";
import { runToEnd } from "../../fixtures/command.ts";
import { GnomeSession, noGnome } from "../../support/gnome_session.ts";

const SERVICE = "os-keyring-test";
const SCRIPT = decodeURIComponent(
  new URL("../../support/bus_round_trip.ts", import.meta.url).pathname,
);
const ENCODER = new TextEncoder();

function test(name: string, fn: (session: GnomeSession) => Promise<void>): void {
  Deno.test({
    name,
    ignore: noGnome,
    fn: async () => {
      await using session = await GnomeSession.start();
      await fn(session);
    },
  });
}

function command(session: GnomeSession): string[] {
  const flags = ["run", "-A", "--no-check", "--quiet", "--cached-only"];
  return [Deno.execPath(), ...flags, SCRIPT, session.address, SERVICE];
}

test("no argument, variable, file or message holds a secret", async (session) => {
  const log = `${session.bus.folder}/trace`;
  const calls = "trace=execve,openat,write,writev,pwrite64,pwritev,pwritev2,sendto,sendmsg";
  // -v shows whole environments, -y what a file descriptor is.
  const options = ["-f", "--seccomp-bpf", "-v", "-y", "-s", "65535", "-e", calls, "-o", log];
  const { code, out, err } = await session.run("strace", [...options, ...command(session)], MARKER);
  assertEquals([code, out, err], [0, `${MARKER}\n`, ""]);
  const trace = (await Deno.readTextFile(log)).split("\n");
  assert(trace.some((line) => line.includes("execve(")) && trace.some(isToBus));
  const shown = trace.filter((line) => holdsMarker(ENCODER.encode(line)));
  // Proof that the trace sees what it should.
  assertEquals(shown.length, 1);
  assert(/^\d+ +write\(1<pipe:/.test(shown[0] ?? ""), shown[0]);
  for await (const { name, isFile } of Deno.readDir(`${session.bus.folder}/data/keyrings`)) {
    const file = `${session.bus.folder}/data/keyrings/${name}`;
    assert(!isFile || !holdsMarker(await Deno.readFile(file)), name);
  }
});

function isToBus(line: string): boolean {
  return /^\d+ +(write|sendto|sendmsg)\(\d+<(socket|UNIX)/.test(line);
}

test("dbus-monitor sees no secret", async (session) => {
  const args = ["--address", session.address, "--monitor"];
  const pipes = { stdin: "null", stdout: "piped", stderr: "null" } as const;
  const monitor = new Deno.Command("/usr/bin/dbus-monitor", { args, ...pipes }).spawn();
  const reader = monitor.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  const until = async (end: () => boolean) => {
    while (!end()) text += (await reader.read()).value ?? "";
  };
  await until(() => text.includes("NameLost"));
  const [program = "", ...rest] = command(session);
  const { code, err } = await runToEnd(program, rest, MARKER, session.env);
  assertEquals([code, err], [0, ""]);
  await using connection = await Connection.connect(session.address);
  // Proof that it shows bytes, and the end of what it has to show.
  const call = { destination: BUS, path: "/", interface: BUS, member: "Last", signature: "ay" };
  await connection.call({ ...call, body: [ENCODER.encode(`${MARKER}\0`)] }).catch(() => {});
  await until(() => text.includes("member=Last") && isShown(text.split("member=Last")[1] ?? ""));
  const before = text.split("member=Last")[0] ?? "";
  assertStringIncludes(before, "member=SetSecret");
  assertStringIncludes(before, "member=GetSecrets");
  assertStringIncludes(before, SERVICE);
  assert(!isShown(before));
  monitor.kill("SIGTERM");
  await reader.cancel();
  await monitor.status;
});

/** Bytes are shown as text, or as numbers. */
function isShown(text: string): boolean {
  const numbers = text.replaceAll(/\s+/g, "");
  return holdsMarker(ENCODER.encode(text)) || holdsMarker(ENCODER.encode(numbers));
}

test("no buffer is left that holds a secret", async (session) => {
  await using keyring = session.keyring();
  const secret = ENCODER.encode(MARKER);
  await keyring.list();
  using watch = new BufferWatch();
  await keyring.setSecret(SERVICE, "alice", secret);
  await keyring.setSecret(SERVICE, "alice", secret);
  const found = await keyring.getSecret(SERVICE, "alice");
  assertEquals(found, secret);
  found?.fill(0);
  await keyring.setPassword(SERVICE, "bob", MARKER);
  assertEquals(await keyring.getPassword(SERVICE, "bob"), MARKER);
  await keyring.deletePassword(SERVICE, "alice");
  assertEquals(watch.holding, 0);
  assert(watch.count > 10);
});
