// After a call no buffer of ours holds the secret any more, nor what is on the lines after it.

import { assertEquals, assertGreater } from "@std/assert";
import { PassKeyring } from "../../../backends.ts";
import { BufferWatch, holdsMarker, MARKER } from "../../fixtures/buffer_watch.ts";
import { FakeCommand, type FakeProgram } from "../../fixtures/fake_command.ts";

const ignore = Deno.build.os === "windows";

Deno.test("PassKeyring leaves no secret in its buffers", { ignore }, async () => {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${folder}/.gpg-id`, "alice\n");
    await Deno.mkdir(`${folder}/S`);
    await Deno.writeTextFile(`${folder}/S/U.gpg`, "encrypted");
    const keyring = new PassKeyring({ folder });
    const marked = `os-keyring-base64:${btoa(`${MARKER}\0`)}`;
    for (
      const content of [`${MARKER}\n`, `${marked}\n`, `x\n${MARKER}\n`, `${MARKER}\n${MARKER}`]
    ) {
      for (const code of [0, 2]) {
        const gpg = fakeGpg(content, code);
        assertEquals(await leftovers(gpg, () => keyring.getPassword("S", "U")), 0);
        assertEquals(await leftovers(gpg, () => keyring.getSecret("S", "U").then(wipe)), 0);
        assertEquals(await leftovers(gpg, () => keyring.setPassword("S", "U", MARKER)), 0);
        assertEquals(await leftovers(gpg, () => keyring.setPassword("S", "N", `${MARKER}\n`)), 0);
      }
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

function fakeGpg(content: string, code: number): FakeProgram {
  return (args) =>
    args.includes("--decrypt")
      ? { code, stdout: content, stderr: "[GNUPG:] DECRYPTION_OKAY\n" }
      : { code, stdout: "encrypted", stderr: "[GNUPG:] END_ENCRYPTION\n" };
}

async function leftovers(program: FakeProgram, work: () => Promise<unknown>): Promise<number> {
  using command = new FakeCommand(program);
  using watch = new BufferWatch();
  await work().catch(() => {});
  assertGreater(command.chunks.length, 0);
  return watch.holding + command.chunks.filter(holdsMarker).length;
}

function wipe(bytes: Uint8Array | null): void {
  bytes?.fill(0);
}
