// One connection to the session bus, shared by the whole process: a client that connects anew for
// each call crashes gnome-keyring's daemon.

import { parseAddresses, sessionBusAddress } from "./address.ts";
import { BUS, Connection, type Match, type MethodCall, PEER } from "./connection.ts";
import { DBusDisconnectedError, DBusError, DBusTimeoutError } from "./errors.ts";
import type { Message } from "./message.ts";
import { Shared } from "./shared.ts";
import { countDown, type WaitOptions } from "./wait.ts";

export type PeerCall = Omit<MethodCall, "destination">;

export interface PeerCallOptions extends WaitOptions {
  /** The call changes nothing: it is made once more where it is unknown whether it was carried out. */
  idempotent?: boolean;
}

const buses = new Map<string, SessionBus>();

/** The session bus, or the bus at an address. Connects with the first call. */
export function sessionBus(options: { address?: string | undefined } = {}): SessionBus {
  const address = options.address ?? sessionBusAddress();
  const key = JSON.stringify(parseAddresses(address));
  const bus = buses.get(key) ?? new SessionBus(address);
  buses.set(key, bus);
  return bus;
}

/** Whether a call that failed with this error may have been carried out all the same. */
export function isOutcomeUnknown(error: unknown): boolean {
  if (error instanceof DBusError) return isNoReply(error);
  return (error instanceof DBusTimeoutError || error instanceof DBusDisconnectedError) &&
    error.written;
}

/** The failure of a call that changes nothing, and whose outcome is thus known. */
export function withoutEffect(error: unknown): unknown {
  if (!isOutcomeUnknown(error)) return error;
  return error instanceof DBusTimeoutError
    ? new DBusTimeoutError(false)
    : new DBusDisconnectedError(false, error);
}

export class SessionBus implements AsyncDisposable {
  #connection: Shared<Connection>;
  #peers = new Map<string, Shared<Peer>>();
  #closings = 0;

  constructor(address: string) {
    const connect = (signal: AbortSignal) =>
      Connection.connect(address, { signal }).catch((error) => {
        throw withoutEffect(error);
      });
    this.#connection = new Shared(connect, ({ closed }) => closed);
  }

  /**
   * Runs an action with whoever owns a bus name, which is started if need be; once more when that
   * turns out to be gone before it did anything. The time limit is that of both together.
   */
  async use<T>(
    name: string,
    action: (peer: Peer, options: WaitOptions) => Promise<T>,
    options: WaitOptions = {},
  ): Promise<T> {
    const rest = countDown(options);
    const shared = this.#peer(name);
    const closings = this.#closings;
    for (let isLast = false;; isLast = true) {
      let peer: Peer | undefined;
      try {
        peer = await shared.get(rest);
        return await action(peer, rest);
      } catch (error) {
        if (!(error instanceof PeerGoneError)) throw error;
        if (isLast || closings !== this.#closings) throw error.cause;
        if (peer) shared.forget(peer);
      }
    }
  }

  /** Calls a method of whoever owns a bus name. */
  async call(name: string, call: PeerCall, options: PeerCallOptions = {}): Promise<Message> {
    return await this.use(name, (peer, rest) => peer.call(call, { ...options, ...rest }), options);
  }

  /** Closes the connection; the next call opens another one. */
  close(): void {
    this.#closings++;
    this.#connection.value?.close();
    this.#connection.cancel(new DBusDisconnectedError(false, new Error("It was closed")));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const connection = this.#connection.value;
    this.close();
    await connection?.[Symbol.asyncDispose]();
  }

  #peer(name: string): Shared<Peer> {
    const open = async (signal: AbortSignal) => {
      const connection = await this.#connection.get({ signal });
      return await Peer.open(connection, name, { signal });
    };
    const peer = this.#peers.get(name) ??
      new Shared(open, (peer) => peer.gone.aborted || peer.connection.closed);
    this.#peers.set(name, peer);
    return peer;
  }
}

/** The program that owns a bus name, on one connection. */
export class Peer {
  readonly connection: Connection;
  /** Its unique name. Calls go there: they must not reach a successor that was not pinged. */
  readonly owner: string;
  /** Aborted once the name has another owner, or none. */
  readonly gone: AbortSignal;

  private constructor(connection: Connection, owner: string, gone: AbortSignal) {
    this.connection = connection;
    this.owner = owner;
    this.gone = gone;
  }

  /**
   * Finds the owner of a name by a ping, which must be answered before anything else is asked:
   * gnome-keyring's daemon can crash on the first call of a client, but not on this one.
   */
  static async open(connection: Connection, name: string, options: WaitOptions): Promise<Peer> {
    const gone = new AbortController();
    if (name === BUS) return new Peer(connection, name, gone.signal);
    const changes: Match = { sender: BUS, interface: BUS, member: "NameOwnerChanged", arg0: name };
    let owner: string | undefined;
    let newOwner: unknown;
    const listening = connection.listen(changes, ({ body }) => {
      newOwner = body?.[2];
      if (owner !== undefined && newOwner !== owner) gone.abort(leftBus());
    }, options);
    try {
      owner = await ping(connection, name, options);
      const listener = await listening;
      gone.signal.addEventListener("abort", () => listener[Symbol.dispose]());
    } catch (error) {
      listening.then((listener) => listener[Symbol.dispose](), () => {});
      const failure = withoutEffect(error);
      throw canRepeat(error, true, false) ? new PeerGoneError(failure) : failure;
    }
    if (newOwner !== undefined && newOwner !== owner) gone.abort(leftBus());
    return new Peer(connection, owner, gone.signal);
  }

  async call(call: PeerCall, options: PeerCallOptions = {}): Promise<Message> {
    return await this.#call(this.owner, call, options);
  }

  /** Asks the bus something that changes nothing. */
  async askBus(call: PeerCall, options: WaitOptions = {}): Promise<Message> {
    return await this.#call(BUS, call, { ...options, idempotent: true });
  }

  async #call(destination: string, call: PeerCall, options: PeerCallOptions): Promise<Message> {
    const { idempotent = false, ...wait } = options;
    try {
      return await this.connection.call({ ...call, destination }, wait);
    } catch (error) {
      const failure = idempotent ? withoutEffect(error) : error;
      const isBus = destination === BUS;
      throw canRepeat(error, idempotent, !isBus) ? new PeerGoneError(failure) : failure;
    }
  }

  /** Makes a call whose reply nobody waits for. */
  post(call: PeerCall): void {
    this.connection.post({ ...call, destination: this.owner });
  }

  /** Waits for a signal of this program, once `trigger` has done what causes it. */
  async waitForSignal(
    match: Omit<Match, "sender">,
    trigger: () => Promise<unknown>,
    options: WaitOptions = {},
  ): Promise<Message> {
    const signal = AbortSignal.any([this.gone, ...(options.signal ? [options.signal] : [])]);
    const wait = { ...options, signal };
    return await this.connection.waitForSignal({ ...match, sender: this.owner }, trigger, wait);
  }
}

/** The peer was gone before it did anything, so that another one can be asked. */
class PeerGoneError extends Error {
  constructor(cause: unknown) {
    super("The peer is gone", { cause });
  }
}

async function ping(connection: Connection, name: string, options: WaitOptions): Promise<string> {
  const call = { destination: name, path: "/", interface: PEER, member: "Ping" };
  const { sender } = await connection.call(call, options).catch((error) => {
    // Whatever the owner itself answers will do.
    if (error instanceof DBusError && error.sender !== BUS) return error;
    throw error;
  });
  return sender ?? name;
}

function canRepeat(error: unknown, idempotent: boolean, isUnique: boolean): boolean {
  if (error instanceof DBusDisconnectedError) return idempotent || !error.written;
  if (!(error instanceof DBusError) || error.sender !== BUS) return false;
  if (isNoReply(error)) return idempotent;
  const missing = [`${BUS}.Error.ServiceUnknown`, `${BUS}.Error.NameHasNoOwner`];
  return isUnique && missing.includes(error.name);
}

function isNoReply(error: DBusError): boolean {
  return error.name === `${BUS}.Error.NoReply`;
}

function leftBus(): DBusError {
  return new DBusError(`${BUS}.Error.NoReply`, "The program that was asked has left the bus", BUS);
}
