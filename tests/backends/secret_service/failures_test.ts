import { assertEquals, assertInstanceOf } from "@std/assert";
import {
  failureOf,
  failureOfRun,
  isCutOff,
  isTransient,
} from "../../../src/backends/secret_service/failures.ts";
import { Failure, FILE_ADVICE } from "../../../src/errors.ts";

function own(text: string, code = 1): Failure {
  return failureOf({ code, stderr: `secret-tool: ${text}\n` });
}

Deno.test("failureOf() knows the texts of libsecret and GDBus", () => {
  const cases = {
    "Cannot autolaunch D-Bus without X11 $DISPLAY": "absent",
    "Could not connect: No such file or directory": "absent",
    "The name org.freedesktop.secrets was not provided by any .service files": "absent",
    "Object does not exist at path “/org/freedesktop/secrets/collection/login”": "uninitialized",
    "Cannot create an item in a locked collection": "locked",
    "Timeout was reached": "timeout",
    "password is too long": "other",
    "something new": "other",
  };
  for (const [text, kind] of Object.entries(cases)) assertEquals(own(text).kind, kind, text);
  assertEquals(
    own("Could not connect: x").message,
    "there is no D-Bus session (Could not connect: x)",
  );
  assertEquals(
    own("Could not connect: $& $1").message.endsWith("(Could not connect: $& $1)"),
    true,
  );
});

Deno.test("without a Secret Service, the advice shows how to use an encrypted file", () => {
  const failures = [
    own("Could not connect: made-up"),
    own("org.freedesktop.secrets was not provided"),
    failureOfRun(new Deno.errors.NotFound("made-up"), "/usr/bin/secret-tool", []),
  ];
  for (const failure of failures) {
    assertInstanceOf(failure, Failure);
    assertEquals(failure.details.advice?.endsWith(FILE_ADVICE), true, failure.message);
  }
});

Deno.test("failureOf() tells how the program ended", () => {
  const killed = failureOf({ code: 139, stderr: "" });
  assertEquals(killed.message, "secret-tool was ended by a signal");
  assertEquals(killed.details.code, 139);
  assertEquals(failureOf({ code: 42, stderr: "" }).message, "secret-tool ended with exit code 42");
});

Deno.test("failureOf() takes the dynamic loader's complaint for no missing bus", () => {
  const text = "error while loading shared libraries: libx.so: cannot open shared object file: " +
    "No such file or directory";
  const { kind, message } = own(text, 127);
  assertEquals([kind, message], ["other", `secret-tool failed: ${text}`]);
});

Deno.test("failureOf() judges only the first line that is the program's own", () => {
  const log = "\n(secret-tool:12): GLib-WARNING **: Could not connect\n** Message: odd\n";
  assertEquals(
    failureOf({ code: 1, stderr: `${log}secret-tool: no\n` }).message,
    "secret-tool failed: no",
  );
  for (const stderr of [log, "Could not connect\n", "other: Timeout was reached\n"]) {
    assertEquals(failureOf({ code: 1, stderr }).message, "secret-tool ended with exit code 1");
  }
});

Deno.test("isTransient() knows what a second try gets over", () => {
  for (
    const text of [
      "No such secret item at path: /org/freedesktop/secrets/collection/login/5",
      "Object does not exist at path “/org/freedesktop/secrets/collection/login/5”",
      "Client public key size is invalid",
      "Received invalid secret from the secret storage",
      "Can't find session /org/freedesktop/secrets/session/1",
    ]
  ) assertEquals(isTransient(`secret-tool: ${text}\n`), true, text);
  for (
    const text of [
      "Object does not exist at path “/org/freedesktop/secrets/collection/login”",
      "No such secret collection at path: /",
      "Timeout was reached",
    ]
  ) assertEquals(isTransient(`secret-tool: ${text}\n`), false, text);
  assertEquals(isTransient("x: Client public key size is invalid\n"), false);
});

Deno.test("isCutOff() finds the message wherever it stands, if it is the program's own", () => {
  assertEquals(isCutOff("secret-tool: x\nsecret-tool: password is too long\n"), true);
  assertEquals(isCutOff("password is too long\nother: password is too long\n"), false);
});

Deno.test("a failure keeps hostile output on one line", () => {
  const { message } = own(`a\u001b[31mb\r${"x".repeat(500)}`);
  assertEquals(message.includes("\u001b") || message.includes("\r"), false);
  assertEquals(message.length < 250, true);
});

Deno.test("failureOfRun() leaves what is not of the run as it is", () => {
  const error = new RangeError("ours");
  assertEquals(failureOfRun(error, "/usr/bin/secret-tool", []), error);
  const missing = failureOfRun(new Deno.errors.NotFound("x"), "/usr/bin/secret-tool", []);
  assertInstanceOf(missing, Failure);
  assertEquals(missing.kind, "absent");
});
