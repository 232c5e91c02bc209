import { assertEquals } from "@std/assert";

const ACCESS = new URL("../../../src/lib/dbus/access.ts", import.meta.url).href;
const SOCKET = "/run/user/1000/bus";
const ignore = Deno.build.os !== "linux";

/** What a process of its own finds out, under these flags and with this environment. */
async function ask(flags: string[], env: Record<string, string>, given?: string) {
  const script = `import { busAccess } from ${JSON.stringify(ACCESS)};
    console.log(JSON.stringify(busAccess(${JSON.stringify(given)})));`;
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--no-prompt",
      "--no-check",
      ...flags,
      `data:text/typescript,${encodeURIComponent(script)}`,
    ],
    clearEnv: true,
    env: {
      PATH: "/usr/bin",
      DENO_DIR: Deno.env.get("DENO_DIR") ?? "/tmp/deno",
      NO_COLOR: "1",
      ...env,
    },
    stderr: "inherit",
  }).output();
  return JSON.parse(new TextDecoder().decode(stdout));
}

const ENV = "--allow-env=DBUS_SESSION_BUS_ADDRESS,XDG_RUNTIME_DIR,XDG_CURRENT_DESKTOP";
const socketFlags = (path: string) => [
  `--allow-read=${path}`,
  `--allow-write=${path}`,
  `--allow-net=unix:${path}`,
];
const ALL = [ENV, ...socketFlags(SOCKET)];

Deno.test("the flags that are named grant the bus", { ignore }, async () => {
  const env = { DBUS_SESSION_BUS_ADDRESS: `unix:path=${SOCKET},guid=00` };
  const { state, flags } = await ask([], env);
  assertEquals(state, "denied");
  const expanded = flags.replaceAll("$XDG_RUNTIME_DIR", "/run/user/1000").split(" ");
  assertEquals(expanded, ALL);
  assertEquals((await ask(expanded, env)).state, "granted");
  for (const flag of ALL) {
    assertEquals((await ask(ALL.filter((one) => one !== flag), env)).state, "denied", flag);
  }
});

Deno.test("an address that may not be read is not one that is not set", { ignore }, async () => {
  const env = { XDG_RUNTIME_DIR: "/run/user/1000" };
  assertEquals((await ask(socketFlags(SOCKET), env)).state, "denied");
  assertEquals((await ask(ALL, env)).state, "granted");
});

Deno.test("an address that is given needs no environment", { ignore }, async () => {
  const flags = socketFlags(SOCKET);
  assertEquals((await ask(flags, {}, `unix:path=${SOCKET}`)).state, "granted");
  assertEquals((await ask(flags, {}, "unix:path=/other")).state, "denied");
});

Deno.test("an abstract socket needs the whole network", { ignore }, async () => {
  const env = { DBUS_SESSION_BUS_ADDRESS: "unix:abstract=/tmp/bus" };
  const { state, flags } = await ask([ENV], env);
  assertEquals(state, "denied");
  assertEquals(
    (await ask([ENV, "--allow-net", "--allow-read", "--allow-write"], env)).state,
    "granted",
  );
  assertEquals(flags, `${ENV} --allow-net --allow-read --allow-write`);
});

Deno.test("other kinds of addresses are not supported", { ignore }, async () => {
  for (const address of ["tcp:host=localhost,port=1", "autolaunch:", "nonsense", "unix:path=%zz"]) {
    const { state } = await ask(["-A"], { DBUS_SESSION_BUS_ADDRESS: address });
    assertEquals(state, "unsupported", address);
  }
});
