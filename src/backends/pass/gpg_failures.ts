// Why `gpg` failed, by its status lines.

import { Failure, quote } from "../../errors.ts";
import { oneLine } from "../../lib/one_line.ts";
import { shellWord } from "../../lib/shell.ts";
import type { ProgramResult } from "./programs.ts";

export interface Status extends ProgramResult {
  /** The words of each status line. */
  lines: string[][];
}

export function has({ lines }: Status, ...start: string[]): boolean {
  return lines.some((line) => start.every((word, index) => line[index] === word));
}

export function decryptionFailure(status: Status, path: string): Failure {
  const { code } = status;
  if (code === 0 || has(status, "DECRYPTION_KEY") || has(status, "NODATA")) {
    return new Failure("corrupt", "its file is damaged, or not encrypted by gpg", { code });
  }
  if (isLocked(status)) {
    return new Failure("locked", "the key of the password store is locked", {
      code,
      advice: "Answer gpg's dialog. If none appears, run `export GPG_TTY=$(tty)` and " +
        `\`pass show ${shellWord(path)}\` in a terminal, then try again.`,
    });
  }
  if (has(status, "ENC_TO") && !/agent/.test(status.stderr)) {
    return new Failure("other", "gpg has no secret key that decrypts it", {
      code,
      advice:
        "Import the key with `gpg --import`, or have its owner run `pass init` with your key.",
    });
  }
  return otherFailure(status);
}

const NO_SECRET_KEY = 17;

/** gpg 2.4 says why it could not use the key; 2.2 names a key only if it has it. */
function isLocked(status: Status): boolean {
  const failed = status.lines.find((line) => line[0] === "ERROR" && line[1] === "pkdecrypt_failed");
  if (failed) return (Number(failed[2]) & 0xffff) !== NO_SECRET_KEY;
  return has(status, "PINENTRY_LAUNCHED") || has(status, "KEY_CONSIDERED");
}

/** Why a recipient is refused, by the codes of `INV_RECP`. */
const REFUSALS: Record<string, { reason: string; advice: string }> = {
  "1": { reason: "gpg does not have the key", advice: "Import it with `gpg --import`." },
  "4": { reason: "the key is revoked", advice: "Name another one with `pass init`." },
  "5": { reason: "the key has expired", advice: "Name another one with `pass init`." },
  "10": {
    reason: "the key is not trusted",
    advice: "Compare its fingerprint, then sign it with `gpg --lsign-key %`.",
  },
};

export function encryptionFailure(status: Status): Failure {
  const [, number = "", ...words] = status.lines.find(([word]) => word === "INV_RECP") ?? [];
  const refusal = REFUSALS[number];
  if (!refusal) return otherFailure(status);
  const recipient = words.join(" ");
  const advice = refusal.advice.replace("%", () => shellWord(recipient));
  const reason = `gpg cannot encrypt to ${quote(recipient)}: ${refusal.reason}`;
  return new Failure("other", reason, { code: status.code, advice });
}

function otherFailure({ code, stderr }: Status): Failure {
  const message = stderr.split("\n").findLast((line) => line.startsWith("gpg: "));
  return message === undefined
    ? new Failure("other", `gpg ended with exit code ${code}`, { code })
    : new Failure("other", `gpg failed: ${oneLine(message.slice("gpg: ".length))}`, { code });
}
