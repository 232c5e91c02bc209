import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import fc from "fast-check";
import {
  connectToAddress,
  parseAddresses,
  sessionBusAddress,
} from "../../../src/lib/dbus/address.ts";
import { DBusAddressError } from "../../../src/lib/dbus/errors.ts";

const VARIABLES = ["DBUS_SESSION_BUS_ADDRESS", "XDG_RUNTIME_DIR"] as const;

/** Runs an action with these variables, and no others of the session bus. */
function withVariables(values: Record<string, string>, action: () => void): void {
  const before = VARIABLES.map((name) => [name, Deno.env.get(name)] as const);
  try {
    for (const name of VARIABLES) {
      const value = values[name];
      if (value === undefined) Deno.env.delete(name);
      else Deno.env.set(name, value);
    }
    action();
  } finally {
    for (const [name, value] of before) {
      if (value === undefined) Deno.env.delete(name);
      else Deno.env.set(name, value);
    }
  }
}

Deno.test("parseAddresses() finds the sockets, in order", () => {
  const expected: [string, (string | undefined)[]][] = [
    ["unix:path=/run/bus", ["/run/bus"]],
    ["unix:path=/run/bus,guid=0123abcd", ["/run/bus"]],
    ["unix:guid=0123abcd,path=/run/bus", ["/run/bus"]],
    ["unix:abstract=/tmp/dbus-x", ["\0/tmp/dbus-x"]],
    ["unix:path=/a%20b%2c%c3%a9", ["/a b,é"]],
    ["unix:path=/a=b", ["/a=b"]],
    ["unix:path=/a;unix:path=/b;", ["/a", "/b"]],
    ["tcp:host=localhost,port=1;unix:path=/b", [undefined, "/b"]],
    ["autolaunch:", [undefined]],
    ["nonce-tcp:host=a,noncefile=/b", [undefined]],
    ["unixexec:path=/bin/true", [undefined]],
  ];
  for (const [text, paths] of expected) {
    assertEquals(parseAddresses(text).map(({ path }) => path), paths);
  }
});

Deno.test("parseAddresses() refuses what is malformed", () => {
  const wrong = [
    "",
    ";",
    "/run/bus",
    ":path=/a",
    "unix",
    "unix:",
    "unix:path",
    "unix:path=",
    "unix:=/a",
    "unix:path=/a,",
    "unix:path=/a,,guid=1",
    "unix:path=/a,path=/b",
    "unix:path=/a,abstract=b",
    "unix:guid=1",
    "unix:dir=/tmp",
    "unix:runtime=no",
    "unix:path=/a;unix:",
    "unix:path=/%",
    "unix:path=/%2",
    "unix:path=/%zz",
    "unix:path=/%ff",
    "unix:path=%00abstract",
    "unix:abstract=a%00b",
    "unix:path=/a\0",
  ];
  for (const text of wrong) {
    assertThrows(() => parseAddresses(text), DBusAddressError, undefined, JSON.stringify(text));
  }
});

Deno.test("parseAddresses() answers anything with addresses or DBusAddressError", () => {
  const part = fc.constantFrom(
    "unix:",
    "path=",
    "abstract=",
    ",",
    ";",
    "%",
    "%41",
    "=",
    "/a",
    "tcp:",
  );
  const text = fc.array(fc.oneof(part, fc.string({ unit: "binary" }))).map((parts) =>
    parts.join("")
  );
  fc.assert(fc.property(text, (text) => {
    try {
      parseAddresses(text);
    } catch (error) {
      if (!(error instanceof DBusAddressError)) throw error;
    }
  }));
});

Deno.test("sessionBusAddress() falls back to the runtime folder", () => {
  withVariables({ XDG_RUNTIME_DIR: "/run/user/7" }, () => {
    assertEquals(parseAddresses(sessionBusAddress())[0]?.path, "/run/user/7/bus");
  });
  withVariables({ DBUS_SESSION_BUS_ADDRESS: "", XDG_RUNTIME_DIR: "/run/user/7" }, () => {
    assertEquals(parseAddresses(sessionBusAddress())[0]?.path, "/run/user/7/bus");
  });
  withVariables({ DBUS_SESSION_BUS_ADDRESS: "unix:path=/a", XDG_RUNTIME_DIR: "/b" }, () => {
    assertEquals(parseAddresses(sessionBusAddress())[0]?.path, "/a");
  });
  withVariables({}, () => {
    assertThrows(() => parseAddresses(sessionBusAddress()), DBusAddressError, "is set");
  });
});

Deno.test({
  name: "sessionBusAddress() does not guess where the environment may not be read",
  permissions: { env: ["XDG_RUNTIME_DIR"] },
  fn: () => {
    assertThrows(sessionBusAddress, Deno.errors.NotCapable, "DBUS_SESSION_BUS_ADDRESS");
  },
});

Deno.test({
  name: "connectToAddress() says why it cannot connect",
  ignore: Deno.build.os === "windows",
  fn: async () => {
    const folder = await Deno.makeTempDir();
    try {
      const file = `${folder}/file`;
      await Deno.writeTextFile(file, "");
      const missing = () => connectToAddress(`unix:path=${folder}/missing`);
      await assertRejects(missing, Deno.errors.NotFound);
      await assertRejects(
        () => connectToAddress(`unix:path=${file}`),
        Deno.errors.ConnectionRefused,
      );
      const tcp = () => connectToAddress("tcp:host=localhost,port=1");
      await assertRejects(tcp, DBusAddressError, '"tcp:" are not supported');
      using listener = Deno.listen({ transport: "unix", path: `${folder}/bus` });
      const accepting = listener.accept();
      const address = `tcp:host=a;unix:path=${file};unix:path=${folder}/bus;unix:path=/missing`;
      using _client = await connectToAddress(address);
      using _server = await accepting;
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});

Deno.test({
  name: "connectToAddress() reports a missing permission before other failures",
  ignore: Deno.build.os === "windows",
  permissions: { read: ["/missing"], write: ["/missing"], net: ["unix:/missing"] },
  fn: async () => {
    const address = "unix:path=/missing;unix:path=/not-granted";
    await assertRejects(() => connectToAddress(address), Deno.errors.NotCapable);
    await assertRejects(() => connectToAddress("unix:path=/missing"), Deno.errors.NotFound);
  },
});
