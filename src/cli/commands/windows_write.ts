import { quote } from "../../errors.ts";
import type { Persistence } from "../../keyring.ts";
import type { Call, Command } from "../command.ts";
import { readNewSecret, reportStored } from "../new_secret.ts";
import { escapeControls } from "../output.ts";
import { UsageError } from "../usage_error.ts";
import { managerOf, requireTarget, SECRET_HINT, typeOf } from "./windows_target.ts";

export const WINDOWS_WRITE: Command = {
  name: "write",
  words: "TARGET",
  summary: "Store a credential",
  details:
    "Asks for the secret without showing it, or reads it from a pipe, stripping exactly one\n" +
    "trailing newline, or none with --encoding bytes. It replaces an existing credential\n" +
    "completely: what you leave out is lost. The secret is never an argument. An empty pipe\n" +
    "is refused: --empty stores the empty secret.",
  options: ["type", "user", "persist", "comment", "encoding", "empty"],
  secretHint: SECRET_HINT,
  examples: [
    'keyring windows write backup --user alice --comment "the nightly backup"',
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
  if (options.encoding === "bytes" && call.context.stdin.isTerminal()) {
    throw new UsageError("bytes are read from a pipe only");
  }
  const manager = await managerOf(call);
  const secret = await readNewSecret({
    context: call.context,
    options,
    question: `Secret for '${escapeControls(target)}': `,
    asBytes: options.encoding === "bytes",
    bytesOption: "--encoding bytes",
  });
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
  const store = { name: "Windows Credential Manager" };
  await reportStored(call.context, `the secret of ${quote(target)}`, store);
  return 0;
}
