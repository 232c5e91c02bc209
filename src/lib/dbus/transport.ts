import { DBusAuthError, DBusFormatError } from "./errors.ts";
import { decodeMessage, type Message, messageSize } from "./message.ts";
import { atTimeLimit } from "../time_limit.ts";

/** A message on its way out. Until it is `started`, it can still be withdrawn. */
export interface Outgoing {
  bytes: Uint8Array;
  state: "queued" | "withdrawn" | "started" | "written";
}

export interface TransportEvents {
  /** Whether anything waits for a message; nothing is read otherwise. */
  isWaiting(): boolean;
  receive(message: Message): void;
  fail(cause: unknown): void;
}

// Without a user id, so that no permission is needed to know it: the bus asks the socket.
const GREETING = new TextEncoder().encode("\0AUTH EXTERNAL\r\nDATA\r\nBEGIN\r\n");
const MAX_GREETING_BYTES = 1024;
const BUFFER_BYTES = 16 * 1024;
const MAX_BATCH_BYTES = 64 * 1024;
const WRITE_LIMIT_MS = 10_000;

/** The socket: authenticates, cuts what comes in into messages, joins what goes out. */
export class Transport {
  #socket: Deno.UnixConn;
  #events: TransportEvents;
  #closed = false;
  #authenticated = false;
  #buffer = new Uint8Array(BUFFER_BYTES);
  #filled = 0;
  #reading = false;
  #writing = false;
  #queue: Outgoing[] = [{ bytes: GREETING.slice(), state: "queued" }];
  #tasks = new Set<Promise<void>>();

  constructor(socket: Deno.UnixConn, events: TransportEvents) {
    this.#socket = socket;
    this.#events = events;
  }

  get queued(): number {
    return this.#queue.length;
  }

  /** Sends the messages of one turn of the event loop together. */
  send(outgoing: Outgoing): void {
    this.#queue.push(outgoing);
    if (!this.#writing) this.#run(() => this.#writeAll());
  }

  /** Reads as long as something waits. */
  wake(): void {
    if (this.#closed) return;
    this.#socket.ref();
    if (!this.#reading) this.#run(() => this.#readAll());
  }

  /** A read that is under way does not keep the process alive. */
  rest(): void {
    if (!this.#closed) this.#socket.unref();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#socket.close();
    this.#buffer.fill(0);
    for (const { bytes } of this.#queue) bytes.fill(0);
    this.#queue = [];
  }

  /** Resolves once no operation on the socket is left. */
  async closed(): Promise<void> {
    await Promise.all(this.#tasks);
  }

  #run(action: () => Promise<void>): void {
    const task = action()
      .catch((error) => this.#closed ? undefined : this.#events.fail(error))
      .finally(() => this.#tasks.delete(task));
    this.#tasks.add(task);
  }

  async #writeAll(): Promise<void> {
    this.#writing = true;
    try {
      await Promise.resolve();
      while (this.#queue.length > 0) await this.#write(this.#takeBatch());
    } finally {
      this.#writing = false;
    }
  }

  #takeBatch(): Outgoing[] {
    const batch: Outgoing[] = [];
    for (let size = 0; size < MAX_BATCH_BYTES;) {
      const next = this.#queue.shift();
      if (!next) break;
      if (next.state === "withdrawn") continue;
      next.state = "started";
      size += next.bytes.length;
      batch.push(next);
    }
    return batch;
  }

  async #write(batch: Outgoing[]): Promise<void> {
    const bytes = join(batch.map((outgoing) => outgoing.bytes));
    using _limit = atTimeLimit(WRITE_LIMIT_MS, () => {
      this.#events.fail(new Error("The bus reads nothing any more"));
    });
    try {
      let sent = 0;
      while (sent < bytes.length) {
        sent += await this.#socket.write(bytes.subarray(sent));
        let end = 0;
        for (const outgoing of batch) {
          end += outgoing.bytes.length;
          if (end <= sent) outgoing.state = "written";
        }
      }
    } finally {
      bytes.fill(0);
      for (const outgoing of batch) outgoing.bytes.fill(0);
    }
  }

  async #readAll(): Promise<void> {
    this.#reading = true;
    try {
      while (!this.#closed && this.#events.isWaiting()) {
        if (this.#filled === this.#buffer.length) this.#resize(this.#buffer.length * 2);
        const count = await this.#socket.read(this.#buffer.subarray(this.#filled));
        if (count === null) throw new Deno.errors.UnexpectedEof("The bus closed the connection");
        this.#filled += count;
        this.#consume();
      }
    } finally {
      this.#reading = false;
    }
  }

  #consume(): void {
    let start = this.#authenticated ? 0 : this.#readGreeting();
    while (this.#authenticated && !this.#closed) {
      const rest = this.#buffer.subarray(start, this.#filled);
      const size = messageSize(rest);
      if (size === undefined || size > rest.length) break;
      const bytes = rest.subarray(0, size);
      const message = decodeMessage(bytes);
      start += size;
      this.#events.receive(message);
    }
    this.#buffer.copyWithin(0, start, this.#filled);
    this.#buffer.fill(0, this.#filled - start, this.#filled);
    this.#filled -= start;
    const isLarge = this.#buffer.length > MAX_BATCH_BYTES;
    if (isLarge && this.#filled < BUFFER_BYTES) this.#resize(BUFFER_BYTES);
  }

  #readGreeting(): number {
    const text = String.fromCharCode(...this.#buffer.subarray(0, MAX_GREETING_BYTES));
    const [line] = /^(?:DATA[^\r\n]*\r\n)?OK [0-9A-Fa-f]+\r\n/.exec(text) ?? [];
    if (line !== undefined) {
      this.#authenticated = true;
      return line.length;
    }
    const isRefused = /^(?:DATA[^\r\n]*\r\n)?(?:REJECTED|ERROR)/.test(text);
    if (isRefused) throw new DBusAuthError("The bus refused the authentication");
    if (this.#filled < MAX_GREETING_BYTES) return 0;
    throw new DBusFormatError("This is not a D-Bus server");
  }

  #resize(length: number): void {
    const old = this.#buffer;
    this.#buffer = new Uint8Array(length);
    this.#buffer.set(old.subarray(0, this.#filled));
    old.fill(0);
  }
}

function join(parts: Uint8Array[]): Uint8Array {
  const [first, ...others] = parts;
  if (!first || others.length === 0) return first ?? new Uint8Array();
  const joined = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}
