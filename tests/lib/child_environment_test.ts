import { assertEquals } from "@std/assert";
import { childEnvironment } from "../../src/lib/child_environment.ts";
import { Variables } from "../support/variables.ts";

const NEEDS = {
  keep: ["KEYRING_TEST_KEPT", "KEYRING_TEST_UNSET"],
  blank: ["KEYRING_TEST_BLANK"],
  set: { KEYRING_TEST_SET: "set" },
};

Deno.test("childEnvironment() hands on only what is needed, where that may be read", () => {
  using _ = new Variables({
    KEYRING_TEST_KEPT: "kept",
    KEYRING_TEST_UNSET: undefined,
    KEYRING_TEST_SET: "other",
  });
  assertEquals(childEnvironment(NEEDS), {
    env: { KEYRING_TEST_KEPT: "kept", KEYRING_TEST_SET: "set" },
    clearEnv: true,
  });
});

for (const env of [false, ["KEYRING_TEST_KEPT"]] as const) {
  const permissions = { env: env && [...env] };
  const name = `childEnvironment() blanks what is dangerous with env=${env}`;
  Deno.test({ name, permissions }, () => {
    const { env, clearEnv } = childEnvironment(NEEDS);
    const { KEYRING_TEST_SET, ...blank } = env;
    assertEquals([clearEnv, KEYRING_TEST_SET], [false, "set"]);
    assertEquals(Object.values(blank).filter((value) => value !== ""), []);
    for (const name of ["KEYRING_TEST_BLANK", "LD_PRELOAD", "LD_LIBRARY_PATH"]) {
      assertEquals(blank[name], "", name);
    }
  });
}
