import type { Persistence } from "../../keyring.ts";
import type { Call, Command } from "../command.ts";
import { escapeControls } from "../output.ts";
import { readBytes, readPassword } from "../read_password.ts";
import { UsageError } from "../usage_error.ts";
import { managerOf, requireTarget, SECRET_HINT, typeOf } from "./windows_target.ts";

export const WINDOWS_WRITE: Command = {
  name: "write",
  words: "TARGET",
  summary: "Store a credential",
  details: "Asks for the secret without showing it, or reads it from a pipe: all of it but one\n" +
    "newline at the end, or every byte with --encoding bytes. It replaces all of an older\n" +
    "credential: what is not given is gone. The secret is never an argument.",
  options: ["type", "user", "persist", "comment", "encoding"],
  secretHint: SECRET_HINT,
  examples: [
    "keyring windows write backup --user alice --comment 'the nightly backup'",
    "keyring windows write TERMSRV/host --type domain-password --user CORP\\alice",
  ],
  run: runWrite,
};

async function runWrite(call: Call): Promise<number> {
  const { options } = call;
  const target = requireTarget(call, "write");
  const type = typeOf(call);
  if (type !== "generic" && type !== "domain-password") {
    throw new UsageError("write stores only the types generic and domain-password");
  }
  const manager = await managerOf(call);
  const secret = await readSecret(call, target);
  try {
    manager.write({
      target,
      type,
      secret,
      ...(options.encoding === "utf-8" && { encoding: "utf-8" }),
      ...(options.user !== undefined && { userName: options.user }),
      ...(options.persist !== undefined && { persist: options.persist as Persistence }),
      ...(options.comment !== undefined && { comment: options.comment }),
    });
  } finally {
    if (secret instanceof Uint8Array) secret.fill(0);
  }
  return 0;
}

async function readSecret(
  { options, context }: Call,
  target: string,
): Promise<string | Uint8Array> {
  if (context.stdin.isTerminal()) {
    if (options.encoding === "bytes") throw new UsageError("bytes are read from a pipe only");
    return await context.prompt(`Secret for '${escapeControls(target)}': `);
  }
  return options.encoding === "bytes"
    ? await readBytes(context.stdin)
    : await readPassword(context.stdin, context.os);
}
