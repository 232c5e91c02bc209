// @environment secret-service
// @needs tool:keyring25, python3:pytest (python3-pytest)
//
// The conformance tests of Python's keyring 25.7 (keyring.testing.backend), all of them, over a bridge to our command.

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { CHOICE_FLAGS } from "../fixtures/command.ts";

const PYTHON = Deno.env.get("KEYRING_TEST_KEYRING25");
const ignore = Deno.env.get("KEYRING_TEST_SECRET_SERVICE") !== "1" || !PYTHON;
const CLI = decodeURIComponent(new URL("../../cli.ts", import.meta.url).pathname);
const TESTS = decodeURIComponent(
  new URL("../fixtures/python_conformance.py", import.meta.url).pathname,
);

Deno.test("Python's conformance tests pass over our command", { ignore }, async () => {
  const granted = ["--allow-run=/usr/bin/secret-tool", ...CHOICE_FLAGS];
  const flags = ["--quiet", "--no-prompt", "--no-check", ...granted];
  const command = [Deno.execPath(), "run", ...flags, CLI];
  const { code, stdout } = await new Deno.Command(PYTHON ?? "", {
    args: ["-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir=/tmp", TESTS],
    env: {
      KEYRING_TEST_COMMAND: JSON.stringify(command),
      PYTHONDONTWRITEBYTECODE: "1",
      LC_ALL: "C.UTF-8",
    },
  }).output();
  const text = new TextDecoder().decode(stdout);
  assertEquals(code, 0, text);
  assertStringIncludes(text, "\n15 passed");
  assert(!/failed|skipped/.test(text), text);
});
