// Prompts: objects of a daemon that show a dialog and report how it ended.

import { DBusError, DBusFormatError } from "../../lib/dbus/errors.ts";
import {
  type Peer,
  type PeerCall,
  type PeerCallOptions,
  withoutEffect,
} from "../../lib/dbus/session.ts";
import { Shared } from "../../lib/dbus/shared.ts";
import { Variant } from "../../lib/dbus/types.ts";
import type { WaitOptions } from "../../lib/dbus/wait.ts";

/** A dialog was closed without an answer, or the answer was no. */
export class PromptDismissedError extends Error {
  override readonly name = "PromptDismissedError";
}

interface Call extends PeerCall {
  /** The signature of its reply. */
  reply?: string;
}

const ROOT = "/org/freedesktop/secrets";
const SERVICE = "org.freedesktop.Secret.Service";
const PROMPT = "org.freedesktop.Secret.Prompt";
const NO_PROMPT = "/";
const ALREADY_SHOWN = "org.freedesktop.Secret.Error.AlreadyExists";

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
  unattended: boolean,
): Promise<unknown> {
  if (path === NO_PROMPT) return undefined;
  if (unattended) throw new PromptDismissedError("It needs a dialog");
  try {
    return await showPrompt(peer, `${path}`, resultSignature, options);
  } catch (error) {
    const isAnswered = error instanceof PromptDismissedError;
    if (!isAnswered) peer.post({ path: `${path}`, interface: PROMPT, member: "Dismiss" });
    throw error;
  }
}

async function showPrompt(
  peer: Peer,
  path: string,
  resultSignature: string,
  options: WaitOptions,
): Promise<unknown> {
  const prompt = { path, interface: PROMPT, member: "Prompt", signature: "s", body: [""] };
  const trigger = () =>
    ask(peer, prompt, options).catch((error) => {
      if (!(error instanceof DBusError) || error.name !== ALREADY_SHOWN) throw error;
    });
  const match = { path, interface: PROMPT, member: "Completed" };
  const { body: [dismissed, result] = [] } = await peer.waitForSignal(match, trigger, options);
  if (dismissed !== false) throw new PromptDismissedError("The dialog was dismissed");
  if (!(result instanceof Variant)) throw new DBusFormatError("A prompt has no result");
  return result.signature === resultSignature ? result.value : undefined;
}

// Those of a peer that are open, by what they unlock.
const dialogs = new WeakMap<Peer, Map<string, UnlockDialog>>();

/** Unlocks items or collections, by one dialog for all callers of this process. */
export async function unlock(
  peer: Peer,
  objects: readonly string[],
  options: WaitOptions,
): Promise<string[]> {
  const open = dialogs.get(peer) ?? new Map<string, UnlockDialog>();
  dialogs.set(peer, open);
  const key = JSON.stringify([...new Set(objects.map(collectionOf))].toSorted());
  const call = { path: ROOT, interface: SERVICE, member: "Unlock", signature: "ao", reply: "aoo" };
  for (;;) {
    await open.get(key)?.answer(options);
    const unlocking = ask(peer, { ...call, body: [objects] }, { ...options, idempotent: true });
    const [unlocked, prompt] = await unlocking as [string[], string];
    if (prompt === NO_PROMPT) return unlocked;
    // Another caller may have been faster.
    if (open.has(key)) continue;
    const dialog = new UnlockDialog(peer, prompt, () => open.delete(key));
    open.set(key, dialog);
    return [...unlocked, ...await dialog.answer(options)];
  }
}

/**
 * A dialog that unlocks something. It is never dismissed: that ends gnome-keyring's daemon by a
 * failed assertion (perform_next_unlock in gkd-secret-unlock.c), and closes no window of KWallet's or
 * KeePassXC's. One that was given up stays open, and the next caller waits for it: of three that
 * wait in line, gnome-keyring never shows the others once the first was closed.
 */
class UnlockDialog {
  readonly #peer: Peer;
  readonly #path: string;
  readonly #onEnd: () => void;
  readonly #answer: Shared<string[]>;
  #isShown = false;

  constructor(peer: Peer, path: string, onEnd: () => void) {
    this.#peer = peer;
    this.#path = path;
    this.#onEnd = onEnd;
    const show = (signal: AbortSignal) => this.#show({ signal, timeoutMs: Infinity });
    this.#answer = new Shared(show, () => true);
  }

  /** Waits for what it unlocks; none, where it was answered while nobody waited. */
  async answer(options: WaitOptions): Promise<string[]> {
    return await this.#answer.get(options);
  }

  async #show(options: WaitOptions): Promise<string[]> {
    const wasShown = this.#isShown;
    this.#isShown = true;
    let isLeft = false;
    try {
      const result = await showPrompt(this.#peer, this.#path, "ao", options);
      return Array.isArray(result) ? result : [];
    } catch (error) {
      if (wasShown && error instanceof DBusError) return [];
      isLeft = options.signal?.aborted === true;
      throw withoutEffect(error);
    } finally {
      if (!isLeft) this.#onEnd();
    }
  }
}

function collectionOf(object: string): string {
  return /^\/org\/freedesktop\/secrets\/(?:collection|aliases)\/[^/]+/.exec(object)?.[0] ?? object;
}
