// One connection to a message bus: https://dbus.freedesktop.org/doc/dbus-specification.html

import { connectToAddress } from "./address.ts";
import { DBusAuthError, DBusDisconnectedError, DBusError } from "./errors.ts";
import {
  CALL,
  encodeMessage,
  ERROR,
  type Message,
  NO_REPLY_EXPECTED,
  RETURN,
  SIGNAL,
} from "./message.ts";
import { type Outgoing, Transport } from "./transport.ts";
import { createWaiter, type Waiter, type WaitOptions } from "./wait.ts";

export const BUS = "org.freedesktop.DBus";
export const PEER = "org.freedesktop.DBus.Peer";

export interface MethodCall {
  destination: string;
  path: string;
  interface: string;
  member: string;
  signature?: string;
  body?: readonly unknown[];
}

/** Which signals to receive. `sender` is a unique name, or that of the bus. */
export interface Match {
  sender: string;
  interface: string;
  member: string;
  path?: string;
  arg0?: string;
}

interface Listener {
  match: Match;
  handler: (message: Message) => void;
}

/** What the connection reads for. */
interface Pending {
  reject(reason: unknown): void;
  outgoing?: Outgoing | undefined;
}

interface Call {
  serial: number;
  outgoing: Outgoing;
  waiter: Waiter<Message>;
}

const CONNECT_TIMEOUT_MS = 5_000;
// A bus may allow as few as 128 calls without a reply.
const MOST_CALLS = 64;
const MOST_ANSWERS = 64;

export class Connection implements Disposable, AsyncDisposable {
  #transport: Transport;
  #uniqueName = "";
  #serial = 0;
  #pending = new Set<Pending>();
  #backlog = new Set<Call>();
  #calls = new Map<number, Call>();
  #listeners = new Set<Listener>();
  #failure: { cause: unknown } | undefined;

  private constructor(socket: Deno.UnixConn) {
    this.#transport = new Transport(socket, {
      isWaiting: () => this.#pending.size > 0,
      receive: (message) => this.#receive(message),
      fail: (cause) => this.#close(cause),
    });
  }

  /** Connects, authenticates, and says hello. */
  static async connect(address: string, options: WaitOptions = {}): Promise<Connection> {
    options.signal?.throwIfAborted();
    const connection = new Connection(await connectToAddress(address));
    try {
      const hello = busCall("Hello");
      const { body } = await connection.call(hello, { timeoutMs: CONNECT_TIMEOUT_MS, ...options });
      connection.#uniqueName = `${body?.[0]}`;
      return connection;
    } catch (error) {
      connection.close();
      // A bus may refuse this user only after the authentication.
      if (options.signal?.aborted || !(error instanceof DBusDisconnectedError)) throw error;
      throw new DBusAuthError("The bus refused the connection", { cause: error.cause });
    }
  }

  get uniqueName(): string {
    return this.#uniqueName;
  }

  get closed(): boolean {
    return this.#failure !== undefined;
  }

  /** Calls a method and waits for its reply. Calls reach the bus in their order. */
  async call(call: MethodCall, options: WaitOptions = {}): Promise<Message> {
    options.signal?.throwIfAborted();
    if (this.#failure) throw new DBusDisconnectedError(false, this.#failure.cause);
    const serial = this.#nextSerial();
    const bytes = encodeMessage({ ...call, type: CALL, serial });
    const outgoing: Outgoing = { bytes, state: "queued" };
    const entry = { serial, outgoing, waiter: this.#wait<Message>(options, outgoing) };
    this.#backlog.add(entry);
    this.#advance();
    try {
      return await entry.waiter.promise;
    } finally {
      this.#backlog.delete(entry);
      this.#calls.delete(serial);
      if (outgoing.state === "withdrawn") outgoing.bytes.fill(0);
      this.#advance();
    }
  }

  /** Passes on every signal that matches and is read: a connection at rest reads nothing. */
  async listen(
    match: Match,
    handler: (message: Message) => void,
    options: WaitOptions = {},
  ): Promise<Disposable> {
    const listener = { match, handler };
    this.#listeners.add(listener);
    const stop = () => {
      if (this.#listeners.delete(listener)) this.post(busCall("RemoveMatch", formatRule(match)));
    };
    try {
      await this.call(busCall("AddMatch", formatRule(match)), options);
    } catch (error) {
      stop();
      throw error;
    }
    return { [Symbol.dispose]: stop };
  }

  /** Waits for the first signal that matches, once `trigger` has done what causes it. */
  async waitForSignal(
    match: Match,
    trigger: () => Promise<unknown>,
    options: WaitOptions = {},
  ): Promise<Message> {
    const waiter = this.#wait<Message>(options);
    const listening = this.listen(match, waiter.resolve, options);
    let isOver = false;
    const triggering = listening.then(() => isOver ? undefined : trigger());
    try {
      await Promise.race([triggering, waiter.promise]);
      return await waiter.promise;
    } catch (error) {
      waiter.reject(error);
      throw error;
    } finally {
      isOver = true;
      listening.then((listener) => listener[Symbol.dispose](), () => {});
    }
  }

  /** Sends a call whose reply nobody waits for. */
  post(call: MethodCall): void {
    if (this.#failure) return;
    this.#send({ ...call, type: CALL, flags: NO_REPLY_EXPECTED, serial: this.#nextSerial() });
  }

  close(): void {
    this.#close(new Error("It was closed by this process"));
  }

  [Symbol.dispose](): void {
    this.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
    await this.#transport.closed();
  }

  #close(cause: unknown): void {
    if (this.#failure) return;
    this.#failure = { cause };
    this.#transport.close();
    for (const { reject, outgoing } of this.#pending) {
      const isWritten = outgoing === undefined || outgoing.state === "written";
      reject(new DBusDisconnectedError(isWritten, cause));
    }
  }

  #nextSerial(): number {
    this.#serial = this.#serial % 0xffffffff + 1;
    return this.#serial;
  }

  #wait<T>(options: WaitOptions, outgoing?: Outgoing): Waiter<T> {
    const waiter = createWaiter<T>(options, () => {
      this.#pending.delete(pending);
      if (outgoing?.state === "queued") outgoing.state = "withdrawn";
      if (this.#pending.size === 0) this.#transport.rest();
    }, () => outgoing?.state !== "queued");
    const pending: Pending = { reject: waiter.reject, outgoing };
    this.#pending.add(pending);
    this.#transport.wake();
    return waiter;
  }

  #advance(): void {
    for (const call of this.#backlog) {
      if (this.#failure || this.#calls.size >= MOST_CALLS) return;
      this.#backlog.delete(call);
      this.#calls.set(call.serial, call);
      this.#transport.send(call.outgoing);
    }
  }

  #send(message: Message): void {
    this.#transport.send({ bytes: encodeMessage(message), state: "queued" });
  }

  #receive(message: Message): void {
    const { waiter } = this.#calls.get(message.replySerial ?? 0) ?? {};
    if (message.type === CALL) this.#answer(message);
    if (message.type === RETURN) waiter?.resolve(message);
    if (message.type === ERROR) waiter?.reject(toError(message));
    if (message.type !== SIGNAL) return;
    for (const { match, handler } of this.#listeners) {
      if (isMatch(message, match)) handler(message);
    }
  }

  /** Answers what others ask of this process, which has no objects. */
  #answer({ serial: replySerial, sender: destination, flags = 0, ...call }: Message): void {
    // Without a limit, a flood of calls would fill the memory with answers.
    if (flags & NO_REPLY_EXPECTED || this.#transport.queued >= MOST_ANSWERS) return;
    const reply = {
      flags: NO_REPLY_EXPECTED,
      serial: this.#nextSerial(),
      replySerial,
      destination,
    };
    if (call.member === "Ping" && (call.interface ?? PEER) === PEER) {
      return this.#send({ ...reply, type: RETURN });
    }
    const errorName = `${BUS}.Error.UnknownMethod`;
    const body = ["This program has no objects"];
    this.#send({ ...reply, type: ERROR, errorName, signature: "s", body });
  }
}

export function busCall(member: string, ...body: string[]): MethodCall {
  const signature = "s".repeat(body.length);
  const path = "/org/freedesktop/DBus";
  return { destination: BUS, path, interface: BUS, member, signature, body };
}

function toError({ errorName = "", body: [text] = [], sender }: Message): DBusError {
  return new DBusError(errorName, typeof text === "string" ? text : "", sender);
}

function formatRule(match: Match): string {
  return Object.entries({ type: "signal", ...match })
    .map(([key, value]) => `${key}='${value.replaceAll("'", "'\\''")}'`).join();
}

function isMatch({ body, ...message }: Message, { arg0, ...match }: Match): boolean {
  const names = ["sender", "interface", "member", "path"] as const;
  return (arg0 === undefined || body?.[0] === arg0) &&
    names.every((name) => match[name] === undefined || match[name] === message[name]);
}
