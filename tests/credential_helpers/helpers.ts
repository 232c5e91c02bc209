// The keyrings that the helpers are tested on, and runs of the helpers in this process.

import { MemoryKeyring } from "../../src/backends/memory.ts";
import { runDockerHelper } from "../../src/cli/docker_helper.ts";
import { runGitHelper } from "../../src/cli/git_helper.ts";
import type { Entries } from "../../src/credential_helpers/entries.ts";
import { LargeEntries } from "../../src/credential_helpers/large_entries.ts";
import type { Keyring } from "../../src/keyring.ts";
import { TemporaryFile } from "../support/temporary_file.ts";

export interface Outcome {
  code: number;
  out: string;
  err: string;
}

type Input = string | Uint8Array;

export function git(keyring: Entries, operation: string, input: Input): Promise<Outcome> {
  return run(
    input,
    (io) =>
      runGitHelper([operation], io, () => Promise.resolve({ entries: keyring, isShared: true })),
  );
}

export function docker(
  keyring: Entries,
  args: string | string[],
  input: Input = "",
  isShared = keyring instanceof LargeEntries,
): Promise<Outcome> {
  return run(
    input,
    (io) =>
      runDockerHelper([args].flat(), io, () => Promise.resolve({ entries: keyring, isShared })),
  );
}

async function run(
  input: Input,
  work: (io: Parameters<typeof runGitHelper>[1]) => Promise<number>,
): Promise<Outcome> {
  let rest = typeof input === "string" ? new TextEncoder().encode(input) : input;
  const outcome = { code: 0, out: "", err: "" };
  const write = (to: "out" | "err") => (bytes: Uint8Array) => {
    outcome[to] += new TextDecoder().decode(bytes);
    return Promise.resolve();
  };
  outcome.code = await work({
    stdin: {
      isTerminal: () => false,
      // In small pieces, as a pipe may hand them out.
      read(buffer) {
        const part = rest.subarray(0, Math.min(7, buffer.length));
        rest = rest.subarray(part.length);
        buffer.set(part);
        return Promise.resolve(part.length || null);
      },
    },
    writeOut: write("out"),
    writeErr: write("err"),
  });
  return outcome;
}

/** Registers a test once for a keyring in memory, and once for an encrypted file. */
export function eachKeyring(name: string, test: (keyring: Keyring) => Promise<void>): void {
  Deno.test(`${name}, in memory`, () => test(new MemoryKeyring()));
  Deno.test(`${name}, in an encrypted file`, async () => {
    await using temporary = await TemporaryFile.create();
    await test(temporary.open());
  });
}

/** A keyring that counts what is done to it. */
export function counting(keyring: Keyring): { keyring: Keyring; calls: string[] } {
  const calls: string[] = [];
  const counted = new Proxy(keyring, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name, target);
      // Its batch would hand out a keyring that does not count.
      if (typeof member !== "function" || name === "batch") return undefined;
      return (...args: unknown[]) => {
        calls.push(String(name));
        return member.apply(target, args);
      };
    },
  });
  return { keyring: counted, calls };
}
