/**
 * `keyring windows`: the Credential Manager by raw targets.
 *
 * @module
 */

import type { CredentialType, SecretEncoding } from "../credential_manager/types.ts";
import type { Persistence } from "../keyring.ts";
import type { Call, Command, Manager } from "./command.ts";
import { escapeControls, print, pythonJson } from "./output.ts";
import { readBytes, readPassword } from "./read_password.ts";
import { credentialJson, printCredentials } from "./show_credentials.ts";
import { CommandError, UsageError } from "./usage_error.ts";

const READ: Command = {
  name: "read",
  words: "TARGET",
  summary: "Print the secret of a credential",
  details:
    "Prints the secret and a newline. Prints nothing, and exits with 1, when there is none.\n" +
    "With --encoding bytes it prints the very bytes, without a newline; with --output json\n" +
    "all that Windows keeps of the credential, and the secret (in base64 when it is no text).",
  options: ["type", "encoding", "output", "no-newline"],
  examples: [
    "keyring windows read git:https://github.com",
    "keyring windows read LegacyGeneric:target=backup --output json",
  ],
  run: runRead,
};

const WRITE: Command = {
  name: "write",
  words: "TARGET",
  summary: "Store a credential",
  details: "Asks for the secret without showing it, or reads it from a pipe: all of it but one\n" +
    "newline at the end, or every byte with --encoding bytes. It replaces all of an older\n" +
    "credential: what is not given is gone. The secret is never an argument.",
  options: ["type", "user", "persist", "comment", "encoding"],
  examples: [
    "keyring windows write backup --user alice --comment 'the nightly backup'",
    "keyring windows write TERMSRV/server --type domain-password --user EXAMPLE\\alice",
  ],
  run: runWrite,
};

const DELETE: Command = {
  name: "delete",
  words: "TARGET",
  summary: "Delete a credential",
  details: "Deletes the credential. Fails when there is none.",
  options: ["type"],
  examples: ["keyring windows delete TERMSRV/server --type domain-password"],
  run: runDelete,
};

const LIST: Command = {
  name: "list",
  words: "[TARGET]",
  summary: "List credentials, never a secret",
  details:
    "Lists target, type, persistence and user name, a line each. Each * in TARGET stands for\n" +
    "any text. With --all also what other parts of Windows keep for themselves.",
  options: ["type", "all", "output"],
  examples: ["keyring windows list 'git:*'", "keyring windows list --all --output json"],
  run: runList,
};

/** The Credential Manager's own commands. */
export const WINDOWS: Command = {
  name: "windows",
  words: "COMMAND [TARGET]",
  summary: "Read, write, delete or list credentials of Windows by target",
  details:
    "Works on the raw targets of the Credential Manager, of whichever program. Each command\n" +
    "has its own help: keyring windows COMMAND --help.",
  options: ["type", "encoding", "output", "no-newline", "user", "persist", "comment", "all"],
  examples: [READ, WRITE, DELETE, LIST].map(({ examples }) => examples[0] ?? ""),
  commands: [READ, WRITE, DELETE, LIST],
  run: runNone,
};

function runNone(): Promise<number> {
  return Promise.reject(new UsageError("windows requires a command (read, write, delete, list)"));
}

async function runRead(call: Call): Promise<number> {
  const { options, parts } = call;
  const target = requireTarget(call, "read");
  const encoding = options.encoding as SecretEncoding | undefined;
  using found = managerOf(call).read(target, typeOf(call), encoding ? { encoding } : {});
  if (!found) return 1;
  if (found.secret.length === 0 && found.type !== "generic") {
    throw new CommandError(`Windows does not hand out the secret of a ${found.type}`);
  }
  if (options.output === "json") {
    const secret = found.text ?? { base64: found.secret.toBase64() };
    await print(parts, `${pythonJson({ ...credentialJson(found), secret })}\n`);
  } else if (encoding === "bytes") {
    await parts.writeOut(found.secret);
  } else if (found.text === null) {
    throw new CommandError("The secret is not text; read it with --encoding bytes");
  } else {
    await print(parts, options["no-newline"] ? found.text : `${found.text}\n`);
  }
  return 0;
}

async function runWrite(call: Call): Promise<number> {
  const { options } = call;
  const target = requireTarget(call, "write");
  const type = typeOf(call);
  if (type !== "generic" && type !== "domain-password") {
    throw new UsageError("write stores only the types generic and domain-password");
  }
  const manager = managerOf(call);
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

async function readSecret({ options, parts }: Call, target: string): Promise<string | Uint8Array> {
  if (parts.stdin.isTerminal()) {
    if (options.encoding === "bytes") throw new UsageError("bytes are read from a pipe only");
    return await parts.prompt(`Secret for '${escapeControls(target)}': `);
  }
  return options.encoding === "bytes"
    ? await readBytes(parts.stdin)
    : await readPassword(parts.stdin, parts.os);
}

async function runDelete(call: Call): Promise<number> {
  const target = requireTarget(call, "delete");
  if (await managerOf(call).delete(target, typeOf(call))) return 0;
  throw new CommandError(`Cannot delete '${target}': there is no such credential`);
}

async function runList(call: Call): Promise<number> {
  const { options, service: filter, username, parts } = call;
  refuseSecondWord(username);
  const found = managerOf(call).enumerate({
    ...(filter !== undefined && { filter }),
    ...(options.type !== undefined && { type: typeOf(call) }),
    all: options.all === true,
  });
  await printCredentials(parts, found, options.output === "json");
  return 0;
}

/**
 * The Credential Manager, where there is one.
 *
 * @param call The call.
 * @returns The manager; elsewhere a {@linkcode CommandError} is thrown.
 */
export function managerOf({ parts }: Call): Manager {
  if (parts.os === "windows") return parts.manager();
  throw new CommandError(`Windows has a Credential Manager, and this is ${parts.os}`);
}

function requireTarget({ service, username }: Call, command: string): string {
  if (service === undefined) throw new UsageError(`windows ${command} requires a target`);
  refuseSecondWord(username);
  return service;
}

// After a target people put a password, and stderr is often a log.
function refuseSecondWord(word: string | undefined): void {
  if (word === undefined) return;
  throw new UsageError("unrecognized arguments: *** (a secret is typed at the prompt or piped in)");
}

function typeOf({ options }: Call): CredentialType {
  return (options.type ?? "generic") as CredentialType;
}
