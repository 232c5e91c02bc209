// @environment linux
//
// A secret-tool that prints anything at all. A failure prints the seed that repeats it.

import { assert, assertEquals, assertInstanceOf } from "@std/assert";
import fc from "fast-check";
import { SecretServiceKeyring } from "../../../src/backends/secret_service/backend.ts";
import { KeyringError } from "../../../src/errors.ts";
import { hostileText } from "../../fixtures/hostile_text.ts";

// One program for all cases: a freshly written one could still be open for writing elsewhere.
const RUBBISH = `#!/bin/sh
folder=\${0%/*}
cat "$folder/stdout"
cat "$folder/stderr" >&2
exit "$(cat "$folder/code")"
`;

Deno.test({
  name: "a secret-tool that prints rubbish is an error, or rubbish",
  ignore: Deno.build.os !== "linux",
}, async () => {
  const folder = await Deno.makeTempDir();
  try {
    const program = `${folder}/secret-tool`;
    await Deno.writeTextFile(program, RUBBISH, { mode: 0o755 });
    const keyring = new SecretServiceKeyring({ secretTool: program, timeoutMs: 20_000 });
    const code = fc.constantFrom(0, 0, 1, 2, 126, 255);
    const runs = fc.asyncProperty(fc.uint8Array(), hostileText(), code, async (out, err, code) => {
      await Deno.writeFile(`${folder}/stdout`, out);
      await Deno.writeTextFile(`${folder}/stderr`, err);
      await Deno.writeTextFile(`${folder}/code`, `${code}`);
      await useAll(keyring, out);
    });
    await fc.assert(runs, { numRuns: 25 });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

async function useAll(keyring: SecretServiceKeyring, out: Uint8Array): Promise<void> {
  const secret = await keyring.getSecret("S", "U").catch((error) => error);
  if (secret instanceof Uint8Array) assertEquals(secret, Uint8Array.from(out));
  else assert(secret === null || secret instanceof KeyringError, Deno.inspect(secret));
  const calls = [() => keyring.deletePassword("S", "U"), () => keyring.list({ service: "S" })];
  for (const call of calls) {
    const error = await call().then(() => undefined, (error) => error);
    if (error !== undefined) assertInstanceOf(error, KeyringError);
  }
}
