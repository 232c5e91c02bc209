import { mayRead, readVariable } from "../../lib/environment.ts";
import { exportLine } from "../../lib/shell.ts";
import type { Call, Command, EncryptedFile } from "../command.ts";
import { escapeControls, print } from "../output.ts";
import { passphraseAsker } from "../passphrase.ts";
import { readPassphrase } from "../read_password.ts";
import { untilDone } from "../progress.ts";
import { UsageError } from "../usage_error.ts";

const SECRET_HINT = "a passphrase is typed at the prompt";

const INIT: Command = {
  name: "init",
  words: "",
  summary: "Create an encrypted file",
  details:
    "Creates an empty encrypted file at KEYRING_FILE, or else in the user's data folder, for the\n" +
    "identity of --identity or KEYRING_FILE_IDENTITY. Without an identity it asks twice for a\n" +
    "passphrase, or reads it from KEYRING_FILE_PASSPHRASE_FILE. Prints how to use the file.",
  options: ["identity", "recipient"],
  secretHint: SECRET_HINT,
  examples: [
    "keyring file init --identity ~/.config/keyring.key",
    "keyring file init --identity alice.key --recipient age1...",
    "KEYRING_FILE=team.age keyring file init",
  ],
  powershell: [
    'keyring file init --identity "$HOME\\keyring.key"',
    "keyring file init --identity alice.key --recipient age1...",
    '$env:KEYRING_FILE = "team.age"; keyring file init',
  ],
  run: runInit,
};

const PASSWD: Command = {
  name: "passwd",
  words: "",
  summary: "Change the passphrase of the encrypted file",
  details:
    "Asks for the old passphrase, and twice for the new one. From a pipe it reads the new one,\n" +
    "stripping exactly one trailing newline. Neither is ever an argument.",
  options: [],
  secretHint: SECRET_HINT,
  examples: ["keyring file passwd"],
  run: runPasswd,
};

const RECIPIENTS: Command = {
  name: "recipients",
  words: "",
  summary: "List or change who can open the encrypted file",
  details:
    "Prints the recipients, one per line. --add also accepts one that the file already lists: new\n" +
    "passwords are encrypted only for recipients in the list beside your identity\n" +
    "(IDENTITY.recipients). A removed recipient can no longer open the file, but can still open\n" +
    "older copies: change the passwords, too.",
  options: ["identity", "add", "remove"],
  secretHint: SECRET_HINT,
  examples: ["keyring file recipients", "keyring file recipients --add age1... --remove age1..."],
  run: runRecipients,
};

const PATH: Command = {
  name: "path",
  words: "",
  summary: "Print where the encrypted file is",
  details: "Prints the path, whether there is an encrypted file or not.",
  options: [],
  secretHint: SECRET_HINT,
  examples: ['age -d -i ~/.config/keyring.key "$(keyring file path)"'],
  powershell: ['age -d -i "$HOME\\keyring.key" (keyring file path)'],
  run: runPath,
};

export const FILE: Command = {
  name: "file",
  words: "COMMAND",
  summary: "Create or change the encrypted file, for machines without a keyring",
  details:
    "One file holds all secrets, and the age command can open it, too. Use it with -b file or\n" +
    "KEYRING_BACKEND=file. Each command has its own help: keyring file COMMAND --help.",
  options: [],
  examples: [INIT, PASSWD, RECIPIENTS, PATH].map(({ examples }) => examples[0] ?? ""),
  powershell: [INIT, PASSWD, RECIPIENTS, PATH]
    .map(({ examples, powershell }) => (powershell ?? examples)[0] ?? ""),
  commands: [INIT, PASSWD, RECIPIENTS, PATH],
  run: runNone,
};

function runNone(): Promise<number> {
  const names = FILE.commands?.map(({ name }) => name).join(", ");
  return Promise.reject(new UsageError(`file requires a command (${names})`));
}

async function open({ options, context }: Call): Promise<EncryptedFile> {
  return await context.encryptedFile({
    ...(options.identity !== undefined && { identityFile: options.identity }),
    passphrase: passphraseAsker(context),
  });
}

async function runInit(call: Call): Promise<number> {
  const { options, context } = call;
  const encrypted = await open(call);
  const recipients = await untilDone(
    context,
    "creating the file…",
    (signal) => encrypted.create({ recipients: options.recipient ?? [], signal }),
  );
  const lines = [
    `file: ${encrypted.path}`,
    ...recipients.map((recipient) => `recipient: ${recipient}`),
    `use it: ${useIt(call, encrypted.path)}`,
  ];
  await print(context, lines.map((line) => `${escapeControls(line)}\n`).join(""));
  return 0;
}

function useIt({ options: { identity }, context }: Call, path: string): string {
  return exportLine({
    KEYRING_BACKEND: "file",
    ...(readVariable("KEYRING_FILE") !== undefined && { KEYRING_FILE: absolute(path) }),
    ...(identity !== undefined && { KEYRING_FILE_IDENTITY: absolute(identity) }),
  }, context.os);
}

/** It is used from other folders, too. */
function absolute(path: string): string {
  if (/^([\\/]|[A-Za-z]:)/.test(path) || !mayRead(".")) return path;
  return `${Deno.cwd()}${Deno.build.os === "windows" ? "\\" : "/"}${path}`;
}

async function runPasswd(call: Call): Promise<number> {
  const { context } = call;
  const encrypted = await open(call);
  const asker = context.stdin.isTerminal()
    ? passphraseAsker(context)
    : () => readPassphrase(context.stdin);
  await untilDone(
    context,
    "changing the passphrase…",
    (signal) => encrypted.changePassphrase(asker, { signal }),
  );
  return 0;
}

async function runRecipients(call: Call): Promise<number> {
  const { options: { add = [], remove = [] }, context } = call;
  const encrypted = await open(call);
  if (add.length > 0 || remove.length > 0) {
    await untilDone(
      context,
      "changing the recipients…",
      (signal) => encrypted.changeRecipients({ add, remove }, { signal }),
    );
  }
  const recipients = await untilDone(
    context,
    "opening the file…",
    (signal) => encrypted.recipients({ signal }),
  );
  await print(context, recipients.map((recipient) => `${escapeControls(recipient)}\n`).join(""));
  return 0;
}

async function runPath(call: Call): Promise<number> {
  await print(call.context, `${escapeControls((await open(call)).path)}\n`);
  return 0;
}
