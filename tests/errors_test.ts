import { assert, assertEquals, assertInstanceOf } from "@std/assert";
import {
  CorruptSecretError,
  Failure,
  InitError,
  KeyringError,
  KeyringLockedError,
  KeyringPermissionError,
  KeyringTimeoutError,
  KeyringUnavailableError,
  NoKeyringError,
  operationError,
  PasswordDeleteError,
  PasswordSetError,
  quote,
  SecretTooLargeError,
} from "../src/errors.ts";

const DETAILS = { operation: "set", service: "my_app", username: "alice" } as const;

Deno.test("each error has its own name and is a KeyringError", () => {
  const classes = [
    CorruptSecretError,
    InitError,
    KeyringLockedError,
    KeyringTimeoutError,
    KeyringUnavailableError,
    NoKeyringError,
    PasswordDeleteError,
    PasswordSetError,
  ];
  for (const errorClass of classes) {
    const error = new errorClass("it is locked", DETAILS);
    assertInstanceOf(error, KeyringError);
    assertEquals(error.name, errorClass.name);
    assertEquals(error.message, 'Cannot store the password of "alice" for "my_app": it is locked');
  }
});

Deno.test("KeyringError says what to do after what went wrong", () => {
  const error = new KeyringError("it is locked", { ...DETAILS, advice: "Unlock it.", code: 5 });
  assert(error.message.endsWith(": it is locked. Unlock it."));
  assertEquals([error.operation, error.service, error.code], ["set", "my_app", 5]);
});

Deno.test("SecretTooLargeError tells size and limit", () => {
  const error = new SecretTooLargeError(3000, 2560, DETAILS);
  assertInstanceOf(error, PasswordSetError);
  assertEquals([error.size, error.limit], [3000, 2560]);
  assert(error.message.includes("3000") && error.message.includes("2560"));
});

Deno.test("KeyringPermissionError names the flag", () => {
  const error = new KeyringPermissionError("--allow-run=/usr/bin/security", DETAILS);
  assertEquals(error.flag, "--allow-run=/usr/bin/security");
  assert(error.message.includes("Add --allow-run=/usr/bin/security"));
});

Deno.test("operationError() makes the class of the operation", () => {
  assertInstanceOf(operationError("no", DETAILS), PasswordSetError);
  assertInstanceOf(operationError("no", { operation: "delete" }), PasswordDeleteError);
  assertEquals(operationError("no", { operation: "get" }).name, "KeyringError");
  assertEquals(operationError("no", { operation: "list" }).message, "Cannot list the entries: no");
});

Deno.test("Failure says what went wrong, and not what was being done", () => {
  const cause = new Error("beneath");
  const failure = new Failure("locked", "it is locked", { code: 5, cause });
  assertEquals([failure.name, failure.kind, failure.message], [
    "Failure",
    "locked",
    "it is locked",
  ]);
  assertEquals([failure.details.code, failure.cause], [5, cause]);
  assertEquals("cause" in new Failure("other", "no"), false);
});

Deno.test("quote() neither forges a line nor floods the message", () => {
  assertEquals(quote('a "b"'), '"a \\"b\\""');
  assertEquals(quote("a\nb\u001b[31m\u202e\u009b"), '"a\\nb\\u001b[31m\\u202e\\u009b"');
  assert(quote("x".repeat(300_000)).length < 100);
});
