import type { SecretEncoding } from "../../backends/windows/manager_types.ts";
import type { Call, Command } from "../command.ts";
import { print, pythonJson } from "../output.ts";
import { credentialJson, printCredentials } from "./show_credentials.ts";
import { CommandError, UsageError } from "../usage_error.ts";
import { managerOf, requireTarget, SECRET_HINT, typeOf } from "./windows_target.ts";
import { WINDOWS_WRITE } from "./windows_write.ts";

const READ: Command = {
  name: "read",
  words: "TARGET",
  summary: "Print the secret of a credential",
  details: "Prints the secret and a newline. If there is none, prints nothing and exits with 1.\n" +
    "With --encoding bytes it prints the exact bytes, without a newline; with --output json,\n" +
    "all that Windows stores of the credential, and the secret (as base64 if it is not text).",
  options: ["type", "encoding", "output", "no-newline"],
  secretHint: SECRET_HINT,
  examples: [
    "keyring windows read git:https://github.com",
    "keyring windows read LegacyGeneric:target=backup --output json",
  ],
  run: runRead,
};

const DELETE: Command = {
  name: "delete",
  words: "TARGET",
  summary: "Delete a credential",
  details: "Deletes the credential. Fails if there is none.",
  options: ["type"],
  secretHint: SECRET_HINT,
  examples: ["keyring windows delete TERMSRV/server --type domain-password"],
  run: runDelete,
};

const LIST: Command = {
  name: "list",
  words: "[TARGET]",
  summary: "List credentials, never a secret",
  details:
    "Lists target, type, persistence and user name, one per line. Each * in TARGET matches\n" +
    "any text. With --all, also lists what other parts of Windows keep for themselves.",
  options: ["type", "all", "output"],
  secretHint: SECRET_HINT,
  examples: ['keyring windows list "git:*"', "keyring windows list --all --output json"],
  run: runList,
};

export const WINDOWS: Command = {
  name: "windows",
  words: "COMMAND [TARGET]",
  summary: "Read, write, delete or list credentials of Windows by target",
  details:
    "Works on the raw targets of the Credential Manager, whichever program made them. Each command\n" +
    "has its own help: keyring windows COMMAND --help.",
  options: [],
  examples: [READ, WINDOWS_WRITE, DELETE, LIST].map(({ examples }) => examples[0] ?? ""),
  commands: [READ, WINDOWS_WRITE, DELETE, LIST],
  run: runNone,
};

function runNone(): Promise<number> {
  return Promise.reject(new UsageError("windows requires a command (read, write, delete, list)"));
}

async function runRead(call: Call): Promise<number> {
  const { options, context } = call;
  const target = requireTarget(call, "read");
  const encoding = options.encoding as SecretEncoding | undefined;
  using found = (await managerOf(call)).read(target, typeOf(call), encoding ? { encoding } : {});
  if (!found) return 1;
  if (found.secret.length === 0 && found.type !== "generic") {
    throw new CommandError(`Windows does not hand out the secret of a ${found.type}`);
  }
  if (options.output === "json") {
    const secret = found.text ?? { base64: found.secret.toBase64() };
    await print(context, `${pythonJson({ ...credentialJson(found), secret })}\n`);
  } else if (encoding === "bytes") {
    await context.writeOut(found.secret);
  } else if (found.text === null) {
    throw new CommandError("The secret is not text; read it with --encoding bytes");
  } else {
    await print(context, options["no-newline"] ? found.text : `${found.text}\n`);
  }
  return 0;
}

async function runDelete(call: Call): Promise<number> {
  const target = requireTarget(call, "delete");
  if ((await managerOf(call)).delete(target, typeOf(call))) return 0;
  throw new CommandError(`Cannot delete '${target}': there is no such credential`);
}

async function runList(call: Call): Promise<number> {
  const { options, service: filter, context } = call;
  const found = (await managerOf(call)).enumerate({
    ...(filter !== undefined && { filter }),
    ...(options.type !== undefined && { type: typeOf(call) }),
    all: options.all === true,
  });
  await printCredentials(context, found, options.output === "json");
  return 0;
}
