// A server that is no bus: it answers what a test says.

import {
  decodeMessage,
  encodeMessage,
  type Message,
  messageSize,
} from "../../../src/lib/dbus/message.ts";

export class FakeBus implements AsyncDisposable {
  readonly address: string;
  /** How many clients there were. */
  connections = 0;
  #listener: Deno.UnixListener;
  #clients = new Set<FakeClient>();
  #serving: Promise<void>;

  private constructor(readonly folder: string, serve: (client: FakeClient) => Promise<void>) {
    const path = `${folder}/bus`;
    this.address = `unix:path=${path}`;
    this.#listener = Deno.listen({ transport: "unix", path });
    this.#serving = this.#accept(serve);
  }

  /** Serves each client so; its connection stays open until it is closed. */
  static async start(serve: (client: FakeClient) => Promise<void>): Promise<FakeBus> {
    return new FakeBus(await Deno.makeTempDir({ prefix: "os-keyring-test-" }), serve);
  }

  async #accept(serve: (client: FakeClient) => Promise<void>): Promise<void> {
    const serving: Promise<void>[] = [];
    for await (const connection of this.#listener) {
      this.connections++;
      const client = new FakeClient(connection);
      this.#clients.add(client);
      // The client, or the end of the test, may close the connection at any time.
      serving.push(serve(client).catch(() => {}));
    }
    await Promise.all(serving);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    for (const client of this.#clients) client.close();
    await this.#serving;
    await Deno.remove(this.folder, { recursive: true });
  }
}

/** The memory of this file's tests: what the whole process uses is that of other files, too. */
export function usedMemory(): number {
  const { heapTotal, external } = Deno.memoryUsage();
  return heapTotal + external;
}

/** One end of a connection, as bytes and messages. */
export class FakeClient {
  #connection: Deno.UnixConn;
  #buffer = new Uint8Array();
  #closed = false;

  constructor(connection: Deno.UnixConn) {
    this.#connection = connection;
  }

  async write(data: Uint8Array | string): Promise<void> {
    const bytes = typeof data === "string" ? new TextEncoder().encode(data) : data;
    for (let sent = 0; sent < bytes.length;) {
      sent += await this.#connection.write(bytes.subarray(sent));
    }
  }

  async send(message: Message): Promise<void> {
    await this.write(encodeMessage(message));
  }

  /** Sends the reply of a call. */
  async reply(call: Message, signature = "", ...body: unknown[]): Promise<void> {
    const { serial: replySerial, sender: destination } = call;
    await this.send({ type: 2, serial: 1, replySerial, destination, signature, body });
  }

  /** Waits until the client has closed the connection. */
  async untilClosed(): Promise<void> {
    while (await this.#connection.read(new Uint8Array(1024)) !== null);
  }

  /** Does what a bus does until its clients can call: authenticates, and answers Hello. */
  async greet(): Promise<void> {
    await this.authenticate();
    await this.reply(await this.next(), "s", ":1.1");
  }

  async authenticate(): Promise<void> {
    await this.readGreeting();
    await this.write("DATA\r\nOK 0123456789abcdef0123456789abcdef\r\n");
  }

  readGreeting(): Promise<string> {
    return this.readText("BEGIN\r\n");
  }

  /** Reads text up to its end. */
  async readText(end: string): Promise<string> {
    for (;;) {
      const text = String.fromCharCode(...this.#buffer);
      const at = text.indexOf(end);
      if (at >= 0) {
        this.#buffer = this.#buffer.slice(at + end.length);
        return text.slice(0, at + end.length);
      }
      await this.#read();
    }
  }

  /** The next message of the other side. */
  async next(): Promise<Message> {
    for (;;) {
      const size = messageSize(this.#buffer);
      if (size !== undefined && size <= this.#buffer.length) {
        const message = decodeMessage(this.#buffer.slice(0, size));
        this.#buffer = this.#buffer.slice(size);
        return message;
      }
      await this.#read();
    }
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#connection.close();
  }

  async #read(): Promise<void> {
    const chunk = new Uint8Array(1024 * 1024);
    const count = await this.#connection.read(chunk);
    if (count === null) throw new Error("The other side has closed the connection");
    const joined = new Uint8Array(this.#buffer.length + count);
    joined.set(this.#buffer);
    joined.set(chunk.subarray(0, count), this.#buffer.length);
    this.#buffer = joined;
  }
}
