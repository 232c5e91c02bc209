// A real message bus for one test, from which nothing can be started.

import type { Message } from "../../../src/lib/dbus/message.ts";
import { FakeClient } from "./fake_bus.ts";

const DAEMON = "/usr/bin/dbus-daemon";
const ACCESS = `<allow send_destination="*"/><allow receive_type="signal"/>
  <allow receive_type="method_call"/><allow receive_type="method_return"/>
  <allow receive_type="error"/><allow own="*"/>`;
const ENV = { DBUS_SESSION_BUS_ADDRESS: "unix:path=/nonexistent" };

export const noBus = Deno.build.os !== "linux" || !exists(DAEMON);

export function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}

interface BusOptions {
  /** What the bus can start, by the name that it then owns. */
  services?: Record<string, string>;
  /** The variables of what the bus starts. */
  env?: Record<string, string>;
}

export class PrivateBus implements AsyncDisposable {
  readonly path: string;
  #daemon: Deno.ChildProcess | undefined;

  private constructor(readonly folder: string, readonly env: Record<string, string>) {
    this.path = `${folder}/bus`;
  }

  static async start({ services = {}, env = {} }: BusOptions = {}): Promise<PrivateBus> {
    const bus = new PrivateBus(await Deno.makeTempDir({ prefix: "os-keyring-test-" }), env);
    const config =
      `<busconfig><type>session</type><keep_umask/><listen>unix:path=${bus.path}</listen>
      <listen>unix:abstract=${bus.path}</listen><auth>EXTERNAL</auth>
      <servicedir>${bus.folder}/services</servicedir>
      <policy context="default">${ACCESS}</policy></busconfig>`;
    await Deno.writeTextFile(`${bus.folder}/bus.conf`, config);
    await Deno.mkdir(`${bus.folder}/services`);
    for (const [name, program] of Object.entries(services)) {
      const text = `[D-BUS Service]\nName=${name}\nExec=${program}\n`;
      await Deno.writeTextFile(`${bus.folder}/services/${name}.service`, text);
    }
    await bus.restart();
    return bus;
  }

  get address(): string {
    return `unix:path=${this.path}`;
  }

  get abstractAddress(): string {
    return `unix:abstract=${this.path}`;
  }

  /** Starts the daemon in place of the one that runs, by another program if need be. */
  async restart(runner: string[] = []): Promise<void> {
    await this.kill();
    await Deno.remove(this.path).catch(() => {});
    const args = [`--config-file=${this.folder}/bus.conf`, "--nofork", "--print-address=1"];
    const env = { ...this.env, ...ENV };
    const options = { env, stdin: "null", stdout: "piped", stderr: "null" } as const;
    const [program = DAEMON, ...rest] = [...runner, DAEMON];
    this.#daemon = new Deno.Command(program, { ...options, args: [...rest, ...args] }).spawn();
    const reader = this.#daemon.stdout.getReader();
    await reader.read();
    await reader.cancel();
  }

  async kill(): Promise<void> {
    this.#daemon?.kill("SIGKILL");
    await this.#daemon?.status;
    this.#daemon = undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    await Deno.remove(this.folder, { recursive: true });
  }
}

/** A program that owns a name on a bus, and answers what a test says. */
export class TestService implements AsyncDisposable {
  uniqueName = "";
  /** The calls that it got, in order. */
  readonly calls: string[] = [];
  #client: FakeClient;
  #serving: Promise<void> | undefined;

  private constructor(client: FakeClient) {
    this.#client = client;
  }

  static async start(
    bus: PrivateBus,
    name: string,
    serve: (call: Message, client: FakeClient) => Promise<unknown>,
  ): Promise<TestService> {
    const client = new FakeClient(await Deno.connect({ transport: "unix", path: bus.path }));
    const service = new TestService(client);
    await client.write("\0AUTH EXTERNAL\r\nDATA\r\nBEGIN\r\n");
    await client.readText("OK ");
    await client.readText("\r\n");
    service.uniqueName = `${(await service.#ask("Hello"))[0]}`;
    // It replaces another owner and may be replaced itself; then it waits to own the name again.
    await service.#ask("RequestName", "su", name, 1 | 2);
    service.#serving = service.#serve(serve);
    return service;
  }

  close(): void {
    this.#client.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
    await this.#serving;
  }

  async #ask(member: string, signature = "", ...body: unknown[]): Promise<readonly unknown[]> {
    const target = { destination: "org.freedesktop.DBus", path: "/", member };
    await this.#client.send({ ...target, type: 1, serial: 1, signature, body });
    for (;;) {
      const message = await this.#client.next();
      if (message.type === 2) return message.body ?? [];
    }
  }

  async #serve(serve: (call: Message, client: FakeClient) => Promise<unknown>): Promise<void> {
    try {
      for (;;) {
        const message = await this.#client.next();
        if (message.type !== 1) continue;
        this.calls.push(message.member ?? "");
        if (message.member === "Ping") await this.#client.reply(message);
        else await serve(message, this.#client);
      }
    } catch {
      // The connection was closed.
    }
  }
}
