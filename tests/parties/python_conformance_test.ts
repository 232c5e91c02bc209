// @environment secret-service
// @needs python3:keyring (python3-keyring), python3:pytest (python3-pytest)
//
// Python's own conformance tests (keyring.testing.backend), over a bridge to our command.

import { assert, assertEquals } from "@std/assert";
import { CHOICE_FLAGS } from "../fixtures/command.ts";

const ignore = Deno.env.get("KEYRING_TEST_SECRET_SERVICE") !== "1";
const CLI = decodeURIComponent(new URL("../../cli.ts", import.meta.url).pathname);
const TESTS = decodeURIComponent(
  new URL("../fixtures/python_conformance.py", import.meta.url).pathname,
);

Deno.test("Python's conformance tests pass over our command", { ignore }, async () => {
  const granted = ["--allow-run=/usr/bin/secret-tool", ...CHOICE_FLAGS];
  const flags = ["--quiet", "--no-prompt", "--no-check", ...granted];
  const command = [Deno.execPath(), "run", ...flags, CLI];
  const { code, stdout } = await new Deno.Command("/usr/bin/python3", {
    args: ["-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir=/tmp", TESTS],
    env: {
      KEYRING_TEST_COMMAND: JSON.stringify(command),
      PYTHONDONTWRITEBYTECODE: "1",
      LC_ALL: "C.UTF-8",
    },
  }).output();
  const text = new TextDecoder().decode(stdout);
  assertEquals(code, 0, text);
  const [, passed = "0"] = /^(\d+) passed/m.exec(text) ?? [];
  // 12 in 23.9.3; later versions have more.
  assert(Number(passed) >= 12, text);
});
