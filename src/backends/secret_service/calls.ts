// One call of the Secret Service: its reply, its dialog, and what its errors mean.

import { BUS } from "../../lib/dbus/connection.ts";
import { DBusError, DBusFormatError } from "../../lib/dbus/errors.ts";
import type { Peer, PeerCall, PeerCallOptions } from "../../lib/dbus/session.ts";
import { Variant } from "../../lib/dbus/types.ts";
import type { WaitOptions } from "../../lib/dbus/wait.ts";
import { isSessionFault } from "./session_crypto.ts";

/** A dialog was closed without an answer, or the answer was no. */
export class PromptDismissedError extends Error {
  override readonly name = "PromptDismissedError";
}

export interface Call extends PeerCall {
  /** The signature of its reply. */
  reply?: string;
}

export const COLLECTION = "org.freedesktop.Secret.Collection";
export const PROPERTIES = "org.freedesktop.DBus.Properties";
const PROMPT = "org.freedesktop.Secret.Prompt";
const MISSING = [
  "org.freedesktop.Secret.Error.NoSuchObject",
  `${BUS}.Error.UnknownObject`,
  `${BUS}.Error.UnknownMethod`,
];
const NO_PROMPT = "/";

export async function ask(
  peer: Peer,
  { reply = "", ...call }: Call,
  options: PeerCallOptions,
): Promise<readonly unknown[]> {
  const { signature = "", body = [] } = await peer.call(call, options);
  if (signature === reply) return body;
  throw new DBusFormatError(`${call.member} has an unexpected reply`);
}

/** Has a prompt show its dialog, where one is needed, and returns its result. */
export async function promptIfNeeded(
  peer: Peer,
  path: unknown,
  resultSignature: string,
  options: WaitOptions,
): Promise<unknown> {
  if (path === NO_PROMPT) return undefined;
  const call = { path: `${path}`, interface: PROMPT };
  const prompt = { ...call, member: "Prompt", signature: "s", body: [""] };
  const trigger = () => ask(peer, prompt, options);
  try {
    const { body = [] } = await peer.waitForSignal(
      { ...call, member: "Completed" },
      trigger,
      options,
    );
    const [dismissed, result] = body;
    if (dismissed !== false) throw new PromptDismissedError("The dialog was dismissed");
    if (!(result instanceof Variant)) throw new DBusFormatError("A prompt has no result");
    return result.signature === resultSignature ? result.value : undefined;
  } catch (error) {
    const isAnswered = error instanceof PromptDismissedError;
    if (!isAnswered) peer.post({ ...call, member: "Dismiss" });
    throw error;
  }
}

/** Whether an error says that an item or a collection is not there, or not any more. */
export function isMissingError(error: unknown): boolean {
  // GNOME's texts are translated, KWallet's are not.
  return error instanceof DBusError && error.sender !== BUS && !isSessionFault(error) &&
    (MISSING.includes(error.name) ||
      error.name === `${BUS}.Error.InvalidArgs` && error.message.startsWith("Can't find item"));
}
