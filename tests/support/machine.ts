// A machine of a test: a folder with nothing but Deno, and the keyring of this system.

import meta from "../../deno.json" with { type: "json" };
import { type Outcome, runToEnd } from "../fixtures/command.ts";
import { denoFolder } from "../../dev/rig/environment.ts";
import { GnomeSession, noGnome } from "./gnome_session.ts";
import { fromCheckout, SYSTEM } from "./markdown.ts";
import { PrivateKeychain } from "./private_keychain.ts";

export const ON_WINDOWS = SYSTEM === "Windows";

/** Whether there is no keyring that a test may use. */
export const noMachine: boolean = SYSTEM === "Linux" && noGnome;

type Session = GnomeSession | PrivateKeychain;

async function startSession(folder: string): Promise<Session | undefined> {
  if (ON_WINDOWS) return undefined;
  if (SYSTEM === "Linux") return await GnomeSession.start();
  return await PrivateKeychain.make(folder, await denoFolder());
}

export class Machine implements AsyncDisposable {
  private constructor(
    readonly folder: string,
    readonly session: Session | undefined,
    readonly env: Record<string, string>,
  ) {}

  static async start(): Promise<Machine> {
    const folder = await Deno.realPath(await Deno.makeTempDir());
    const session = await startSession(folder);
    const path = [
      `${folder}/root/bin`,
      Deno.execPath().replace(/[\\/][^\\/]+$/, ""),
      Deno.env.get("PATH"),
    ];
    const env = {
      ...session?.env,
      DENO_INSTALL_ROOT: `${folder}/root`,
      NO_COLOR: "1",
      PATH: path.join(ON_WINDOWS ? ";" : ":"),
    };
    return new Machine(folder, session, env);
  }

  /** Runs words that need no shell, or, but on Windows, a script of bash. */
  async run(script: string | string[], stdin = ""): Promise<Outcome> {
    const [program = "", ...args] = typeof script === "string"
      ? ["/bin/bash", "-c", this.fromCheckout(script)]
      : script;
    return await runToEnd(program, args, stdin, this.env, this.folder);
  }

  /** Writes a file of a document. */
  async write(name: string, text: string, options?: Deno.WriteFileOptions): Promise<void> {
    await Deno.writeTextFile(`${this.folder}/${name}`, this.fromCheckout(text), options);
  }

  fromCheckout(text: string): string {
    return fromCheckout(text, meta.exports);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.session?.[Symbol.asyncDispose]();
    await Deno.remove(this.folder, { recursive: true });
  }
}
