// The recipients that the file is encrypted for. Anyone who can replace it can add their own
// recipient, so a list beside the identity says which ones are accepted.

import { Failure, quote } from "../../errors.ts";
import { allowFlag, exportLine, shellWord } from "../../lib/shell.ts";
import { type FileKey, isRecipient, recipientOf } from "./age.ts";
import { isThere, readKeyFile } from "./files.ts";
import { explained } from "./location.ts";
import { replaceText } from "./write.ts";

const LIST = "the list of accepted recipients";

export async function ownRecipients(key: FileKey): Promise<string[]> {
  if (key.kind === "passphrase") return [];
  const recipients = await Promise.all(key.identities.map(recipientOf));
  return recipients.filter((recipient) => recipient !== undefined);
}

export async function checkRecipients(recipients: readonly string[]): Promise<void> {
  for (const recipient of recipients) {
    if (await isRecipient(recipient)) continue;
    throw new Failure("other", `${quote(recipient)} is not a recipient`, {
      advice: "A recipient is the line age1… that age-keygen and keyring file init print.",
    });
  }
}

/** age allows either recipients or a single passphrase. */
export function refuseRecipients(key: FileKey, recipients: readonly string[]): void {
  if (key.kind === "identity" || recipients.length === 0) return;
  throw new Failure("other", "an encrypted file has either a passphrase or recipients", {
    advice: "Use an identity to share it: keyring file init --identity FILE.",
  });
}

interface RecipientChange {
  add?: readonly string[];
  remove?: readonly string[];
}

export async function changedRecipients(
  recipients: readonly string[],
  key: FileKey,
  { add = [], remove = [] }: RecipientChange,
): Promise<string[]> {
  const own = await ownRecipients(key);
  for (const recipient of remove) {
    if (own.includes(recipient)) {
      throw new Failure("other", `${recipient} is the identity that opened the encrypted file`, {
        advice: "Open it with another identity to remove this one.",
      });
    }
    if (!recipients.includes(recipient) && !(await readAccepted(key)).includes(recipient)) {
      const quoted = quote(recipient);
      throw new Failure("other", `${quoted} is not a recipient of the encrypted file`);
    }
  }
  return [...recipients.filter((recipient) => !remove.includes(recipient)), ...add];
}

/** Refuses to encrypt for anyone but the identity's own recipients and those accepted before or now. */
export async function refuseUnaccepted(
  recipients: readonly string[],
  key: FileKey,
  { accept, command }: { accept: readonly string[]; command: string },
): Promise<void> {
  const own = await ownRecipients(key);
  const others = recipients.filter((each) => !own.includes(each) && !accept.includes(each));
  if (others.length === 0) return;
  for (const other of others) {
    if (await isRecipient(other)) continue;
    const reason = `the encrypted file lists ${quote(other)}, which is not a recipient`;
    const advice = `Remove it with \`${command} --remove ${shellWord(other)}\`.`;
    throw new Failure("other", reason, { advice });
  }
  const accepted = await readAccepted(key);
  const unknown = others.filter((other) => !accepted.includes(other));
  if (unknown.length === 0) return;
  const named = unknown.join(" and ");
  const reason = `the encrypted file is also for ${named}, which "${listOf(key)}" does not accept`;
  const to = (option: string) => `\`${[command, ...unknown].join(` ${option} `)}\``;
  throw new Failure("other", reason, {
    advice: `If you know whose that is, accept it with ${to("--add")}; ` +
      `if not, remove it with ${to("--remove")}.`,
  });
}

function listOf(key: FileKey): string {
  return key.kind === "identity" ? `${key.file}.recipients` : "";
}

async function readAccepted(key: FileKey): Promise<string[]> {
  return linesOf(await readList(key)).filter((line) => line !== "" && !line.startsWith("#"));
}

async function readList(key: FileKey): Promise<string> {
  const path = listOf(key);
  const reading = `${LIST} "${path}" cannot be read`;
  const found = await explained(reading, allowFlag("read", path), () => isThere(path));
  return found ? await readKeyFile(LIST, path) : "";
}

function linesOf(text: string): string[] {
  return text.split(/\r?\n/).map((line) => line.trim());
}

/** Changes the list beside the identity. */
export async function changeAccepted(
  key: FileKey,
  { add = [], remove = [] }: RecipientChange,
): Promise<void> {
  const own = await ownRecipients(key);
  const others = add.filter((recipient) => !own.includes(recipient));
  if (key.kind === "passphrase" || others.length + remove.length === 0) return;
  const old = await readList(key);
  const lines = old === "" ? ["# who else the encrypted file may be for"] : linesOf(old.trimEnd());
  const kept = lines.filter((line) => !remove.includes(line));
  const all = [...new Set([...kept, ...others])];
  if (all.length === lines.length && all.every((line, index) => line === lines[index])) return;
  await replaceText(LIST, listOf(key), `${all.join("\n")}\n`);
}

/** The command that changes the recipients of this file, with this identity. */
export function recipientsCommand(
  { path, identityFile }: { path?: string; identityFile?: string },
): string {
  const isWindows = Deno.build.os === "windows";
  const file = path === undefined
    ? ""
    : isWindows
    ? `${exportLine({ KEYRING_FILE: path })}; `
    : `KEYRING_FILE=${shellWord(path)} `;
  const identity = identityFile === undefined ? "" : ` --identity ${shellWord(identityFile)}`;
  return `${file}keyring file recipients${identity}`;
}
