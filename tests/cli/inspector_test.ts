// @needs unshare (util-linux), python3
//
// SIGUSR1 ends a command before anybody gets code into it. In 1 of 31 cases, by the order of the tasks
// in Deno, the inspector's port opens while the process ends, and on a machine under heavy load that
// can be enough. So these tests do what an attacker would do, who gets in each time where nothing is
// done about it; they do it once more if that was one of those cases. The port is one for the whole
// machine: each test has its own network.

import { assert, assertEquals } from "@std/assert";
import { unshare } from "../support/namespaces.ts";

const NETWORK = await unshare("--net");
const CLI = new URL("../../cli.ts", import.meta.url).href;
const FILLED = new URL("../fixtures/filled_keyring.ts", import.meta.url).href;
const SLOW = new URL("../fixtures/slow_keyring.ts", import.meta.url).href;

// Deno listens from half a second on. That the command does, is read from its status, as a bit of a
// mask; that its program runs, from what it prints.
const DRIVER = `
import fcntl, json, os, re, select, signal, socket, struct, subprocess, sys, time
lo = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
fcntl.ioctl(lo, 0x8914, struct.pack("16sh", b"lo", 0x41))
pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
what = sys.argv[1]
child = subprocess.Popen(sys.argv[2:], **pipes)
start = time.monotonic()
def status(pid):
    try:
        with open("/proc/%d/status" % pid) as lines:
            return dict(line.rstrip().partition(":\\t")[::2] for line in lines)
    except OSError:
        return {"State": "Z", "SigCgt": "0"}
def is_ready():
    if time.monotonic() < start + 0.8:
        return False
    if what == "program":
        return select.select([child.stdout], [], [], 0)[0] != []
    listens_to = signal.SIGUSR1 if what == "deno" else signal.SIGQUIT
    return int(status(child.pid)["SigCgt"], 16) >> listens_to - 1 & 1
def ask(path, *headers, message=b""):
    with socket.create_connection(("127.0.0.1", 9229), 5) as client:
        lines = "GET " + path + " HTTP/1.1", "Host: 127.0.0.1:9229", *headers, "", ""
        client.sendall("\\r\\n".join(lines).encode())
        answer = client.recv(65536)
        if message:
            client.sendall(struct.pack("!BBI", 0x81, 0x80 | len(message), 0) + message)
            answer = client.recv(65536)
        return answer.decode("latin1")
def evaluates():
    try:
        path = re.search('"webSocketDebuggerUrl": *"ws://[^/]*(/[^"]+)"', ask("/json"))
        key = "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=="
        upgrade = "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", key
        call = {"id": 1, "method": "Runtime.evaluate", "params": {"expression": "6*7"}}
        return path and "42" in ask(path[1], *upgrade, message=json.dumps(call).encode())
    except OSError:
        return False
hijacked, sent, ended = False, None, None
while not hijacked and (ended is None or time.monotonic() < ended + 1):
    hijacked = bool(evaluates())
    if sent is None and is_ready():
        child.send_signal(signal.SIGUSR1)
        sent = time.monotonic()
    if ended is None and (child.poll() is not None or time.monotonic() > start + 30):
        ended = time.monotonic()
    time.sleep(0.0005)
code = child.poll()
child.kill()
program = child.stdout.readline().decode().strip() if what == "program" else ""
alive = program != "" and status(int(program))["State"][0] != "Z"
if alive:
    os.kill(int(program), signal.SIGKILL)
print(json.dumps({"hijacked": hijacked, "code": code, "alive": alive}))
`;

async function attack(what: "deno" | "command" | "program", ...args: string[]) {
  const [unshare = "", ...options] = NETWORK ?? [];
  const deno = [Deno.execPath(), "run", "--quiet", "--no-prompt", "--no-check", "-A"];
  const { stdout, stderr } = await new Deno.Command(unshare, {
    args: [...options, "/usr/bin/python3", "-c", DRIVER, what, ...deno, ...args],
    stdin: "null",
  }).output();
  const report = new TextDecoder().decode(stdout);
  assert(report !== "", new TextDecoder().decode(stderr));
  return JSON.parse(report);
}

/** Attacks again where Deno's own task came first. */
async function attackAgain(...words: Parameters<typeof attack>) {
  for (let attempt = 1;; attempt++) {
    const report = await attack(...words);
    if (!report.hijacked || attempt === 3) return report;
  }
}

Deno.test("SIGUSR1 ends each command and lets nobody in", { ignore: !NETWORK }, async () => {
  const commands = [
    ["-b", FILLED, "set", "s", "u"],
    ["-b", FILLED, "import"],
    ["-b", SLOW, "get", "s", "u"],
    ["-b", SLOW, "run", "--env", "TOKEN=s/u", "--", "sleep", "9"],
  ];
  for (
    const report of await Promise.all(commands.map((args) => attackAgain("command", CLI, ...args)))
  ) {
    assertEquals(report, { hijacked: false, code: 138, alive: false });
  }
  // Deno would, from 2.9.2 on.
  if (/^2\.9\.[01]$/.test(Deno.version.deno)) return;
  const sleeper = "data:application/javascript,setTimeout(() => {}, 60000)";
  assertEquals((await attack("deno", sleeper)).hijacked, true);
});

Deno.test("SIGUSR1 during run ends the program by SIGTERM", { ignore: !NETWORK }, async () => {
  const words = ["-b", FILLED, "run", "--env", "TOKEN=my_app/alice", "--", "/bin/sh", "-c"];
  const run = (script: string) => attackAgain("program", CLI, ...words, script);
  const [ended, ignores] = await Promise.all([
    run("echo $$; exec sleep 30"),
    run("trap '' TERM; echo $$; exec sleep 30"),
  ]);
  assertEquals(ended, { hijacked: false, code: 138, alive: false });
  assertEquals(ignores, { hijacked: false, code: 138, alive: true });
});
