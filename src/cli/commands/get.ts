import type { Credential, TextEncoding, TextOptions } from "../../keyring.ts";
import type { Call, Command } from "../command.ts";
import { escapeControls, print, printBytes, pythonJson } from "../output.ts";
import { untilDone } from "../progress.ts";
import { UsageError } from "../usage_error.ts";

export const GET: Command = {
  name: "get",
  words: "SERVICE USERNAME",
  summary: "Print a password",
  details:
    "Prints the password and a newline. If there is none, prints nothing and exits with 1.\n" +
    "With --mode creds it prints the username first; USERNAME may then be omitted.\n" +
    "With --binary it prints the stored bytes and nothing else. --output json is plain\n" +
    "ASCII, which every Windows shell reads without damage. --encoding is for an entry of\n" +
    "another program on Windows whose encoding is detected wrongly.",
  options: [
    "binary",
    "encoding",
    "mode",
    "output",
    "no-newline",
    "layout",
    "keyring-backend",
    "keyring-path",
    "ignore-config",
  ],
  examples: [
    "keyring get my_app alice",
    'token="$(keyring get my_app alice)"',
    "keyring get --mode creds --output json my_app",
    "keyring get --binary my_app certificate >client.p12",
  ],
  powershell: [
    "keyring get my_app alice",
    "$token = keyring get my_app alice",
    "keyring get --mode creds --output json my_app | ConvertFrom-Json",
    'cmd /c "keyring get --binary my_app certificate >client.p12"',
  ],
  run: runGet,
};

async function runGet(call: Call): Promise<number> {
  const { options, service, username, context } = call;
  const withUsername = options.mode === "creds";
  if (service === undefined || (username === undefined && !withUsername)) {
    throw new UsageError(`get requires service${withUsername ? "" : " and username"}`);
  }
  if (options.binary && (withUsername || options.output === "json")) {
    throw new UsageError("get --binary prints bytes, not credentials or JSON");
  }
  const encoding = encodingOf(call);
  const keyring = await call.open();
  const read = <T>(work: (signal: AbortSignal) => Promise<T>) =>
    untilDone(context, "reading the password…", work);
  if (options.binary) {
    const secret = await read((signal) => keyring.getSecret(service, username ?? "", { signal }));
    if (secret === null) return 1;
    await printBytes(context, secret);
    return 0;
  }
  let found: Partial<Credential>;
  if (withUsername) {
    const credential = await read((signal) =>
      keyring.getCredential(service, username, { signal, ...encoding })
    );
    if (credential === null) return 1;
    found = { username: credential.username, password: credential.password };
  } else {
    const password = await read((signal) =>
      keyring.getPassword(service, username ?? "", { signal, ...encoding })
    );
    if (password === null) return 1;
    found = { password };
  }
  const text = options.output === "json"
    ? pythonJson({ ...found })
    : plain(found, context.outIsTerminal());
  await print(context, options["no-newline"] ? text : `${text}\n`);
  return 0;
}

function encodingOf({ options: { binary, encoding } }: Call): TextOptions {
  if (encoding === undefined || encoding === "auto") return {};
  if (binary || encoding === "bytes") {
    throw new UsageError("get --encoding is of text; --binary prints the bytes");
  }
  return { encoding: encoding as TextEncoding };
}

function plain({ username, password }: Partial<Credential>, toTerminal: boolean): string {
  if (username === undefined) return `${password}`;
  return `${toTerminal ? escapeControls(username) : username}\n${password}`;
}
