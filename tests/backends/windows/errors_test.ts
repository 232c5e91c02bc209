import { assert, assertEquals, assertInstanceOf } from "@std/assert";
import { failureOf } from "../../../src/backends/windows/errors.ts";
import { errorOf, KeyringError, PasswordSetError } from "../../../src/errors.ts";

Deno.test("failureOf() says what a code of Windows means", () => {
  const details = { operation: "set", service: "svc", username: "alice" } as const;
  const said: Record<number, string> = {
    5: "denies",
    8: "full",
    87: "fields",
    1004: "flags",
    1312: "DisableDomainCreds",
    1783: "2560",
    4711: "4711",
    0: "lost",
    13: "anew",
    1058: "VaultSvc",
    1314: "privilege",
    1722: "does not answer",
    2202: "DOMAIN",
    0x8009000b: "key",
  };
  for (const [code, words] of Object.entries(said)) {
    const error = errorOf(failureOf(Number(code)), details);
    assertInstanceOf(error, PasswordSetError);
    assertEquals(error.code, Number(code));
    assert(error.message.startsWith('Cannot store the password of "alice" for "svc": '));
    assert(error.message.includes(words), error.message);
  }
  const read = errorOf(failureOf(1312), { ...details, operation: "get" });
  assert(read instanceof KeyringError && !(read instanceof PasswordSetError));
});
