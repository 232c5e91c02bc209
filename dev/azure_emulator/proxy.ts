/** A proxy that leads to one port of this machine, whatever host it is asked for. */
export class ConnectProxy {
  readonly #listener: Deno.TcpListener;
  readonly #open = new Set<Deno.Conn>();
  readonly #done: Promise<void>;

  constructor(private readonly port: number) {
    this.#listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    this.#done = this.#accept();
  }

  get url(): string {
    return `http://127.0.0.1:${this.#listener.addr.port}`;
  }

  async close(): Promise<void> {
    this.#listener.close();
    for (const connection of [...this.#open]) this.#end(connection);
    await this.#done;
  }

  async #accept(): Promise<void> {
    const served: Promise<void>[] = [];
    try {
      for await (const connection of this.#listener) served.push(this.#serve(connection));
    } catch {
      // The listener was closed.
    }
    await Promise.all(served);
  }

  async #serve(client: Deno.Conn): Promise<void> {
    this.#open.add(client);
    try {
      const request = await readHead(client);
      const isConnect = request.startsWith("CONNECT ");
      const status = isConnect ? "200 Connection established" : "405 Method Not Allowed";
      await client.write(new TextEncoder().encode(`HTTP/1.1 ${status}\r\n\r\n`));
      if (!isConnect) return;
      const server = await Deno.connect({ hostname: "127.0.0.1", port: this.port });
      this.#open.add(server);
      await Promise.all([this.#pass(client, server), this.#pass(server, client)]);
    } catch {
      // One of the two has gone.
    } finally {
      this.#end(client);
    }
  }

  async #pass(from: Deno.Conn, to: Deno.Conn): Promise<void> {
    const buffer = new Uint8Array(65_536);
    try {
      for (;;) {
        const count = await from.read(buffer);
        if (count === null) break;
        for (let sent = 0; sent < count;) sent += await to.write(buffer.subarray(sent, count));
      }
    } catch {
      // It has gone.
    } finally {
      this.#end(from);
      this.#end(to);
    }
  }

  #end(connection: Deno.Conn): void {
    if (!this.#open.delete(connection)) return;
    try {
      connection.close();
    } catch {
      // It is closed.
    }
  }
}

async function readHead(connection: Deno.Conn): Promise<string> {
  let head = "";
  const buffer = new Uint8Array(1);
  while (!head.endsWith("\r\n\r\n") && await connection.read(buffer) !== null) {
    head += String.fromCharCode(buffer[0] ?? 0);
  }
  return head;
}
