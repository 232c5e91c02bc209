// A password store with a key of its own, which is thrown away.

import { assertEquals } from "@std/assert";
import { PassKeyring } from "../../../backends.ts";
import { type Outcome, runToEnd } from "../../fixtures/command.ts";

/** Keys of gpg in a folder of their own, with its agent. */
export class Keys implements AsyncDisposable {
  private constructor(readonly home: string) {}

  static async create(): Promise<Keys> {
    // The path of the agent's socket has at most 107 bytes.
    const keys = new Keys(await Deno.makeTempDir({ dir: "/tmp", prefix: "os-keyring-gpg-" }));
    // Else the agent first finds out how fast the machine is.
    await keys.configure("s2k-count 65536");
    return keys;
  }

  /** Adds a line to the agent's configuration. */
  async configure(line: string): Promise<void> {
    await Deno.writeTextFile(`${this.home}/gpg-agent.conf`, `${line}\n`, { append: true });
  }

  /** Makes a key, without a passphrase unless there is one. Returns its fingerprint. */
  async add(name: string, passphrase = ""): Promise<string> {
    const how = ["--batch", "--quiet", "--pinentry-mode=loopback", `--passphrase=${passphrase}`];
    await this.gpg([...how, "--quick-gen-key", name, "future-default", "default", "never"]);
    const { out } = await this.gpg(["--with-colons", "--list-keys", name]);
    return /^fpr:+([A-F\d]{40})/m.exec(out)?.[1] ?? "";
  }

  async gpg(args: string[], stdin = ""): Promise<Outcome> {
    const outcome = await runToEnd("gpg", args, stdin, { GNUPGHOME: this.home });
    assertEquals(outcome.code, 0, outcome.err);
    return outcome;
  }

  /** Has the agent forget each passphrase. */
  async lock(): Promise<void> {
    await runToEnd("gpgconf", ["--kill", "gpg-agent"], "", { GNUPGHOME: this.home });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.lock();
    await Deno.remove(this.home, { recursive: true });
  }
}

/** A store in a folder of its own. */
export class Store implements AsyncDisposable {
  readonly folder: string;
  readonly keyring: PassKeyring;
  readonly env: Record<string, string>;

  private constructor(readonly parent: string, readonly keys: Keys) {
    this.folder = `${parent}/store`;
    this.keyring = new PassKeyring({ folder: this.folder, gpgHome: keys.home });
    this.env = {
      GNUPGHOME: keys.home,
      PASSWORD_STORE_DIR: this.folder,
      GIT_AUTHOR_NAME: "Alice",
      GIT_AUTHOR_EMAIL: "alice@example.com",
      GIT_COMMITTER_NAME: "Alice",
      GIT_COMMITTER_EMAIL: "alice@example.com",
    };
  }

  /** Makes a store as `pass init` does. */
  static async create(keys: Keys, ...recipients: string[]): Promise<Store> {
    const store = new Store(await Deno.makeTempDir({ prefix: "os-keyring-test-" }), keys);
    await Deno.mkdir(store.folder);
    await Deno.writeTextFile(`${store.folder}/.gpg-id`, recipients.map((id) => `${id}\n`).join(""));
    return store;
  }

  /** Makes it a git repository. */
  async init(): Promise<void> {
    await this.git(["init", "-q"]);
    await this.git(["config", "user.name", "Alice"]);
    await this.git(["config", "user.email", "alice@example.com"]);
    await this.git(["add", "."]);
    await this.git(["commit", "-q", "-m", "Add current contents of password store."]);
  }

  async git(args: string[]): Promise<string> {
    const outcome = await runToEnd("git", ["-C", this.folder, ...args], "", this.env);
    assertEquals(outcome.code, 0, outcome.err);
    return outcome.out;
  }

  /** The messages of its commits, the last one first. */
  async log(): Promise<string[]> {
    return (await this.git(["log", "--format=%s"])).trim().split("\n");
  }

  /** Encrypts a file of it. */
  async put(path: string, content: string, to = "alice"): Promise<void> {
    const file = `${this.folder}/${path}.gpg`;
    await Deno.mkdir(file.slice(0, file.lastIndexOf("/")), { recursive: true });
    await this.keys.gpg(["--batch", "--yes", "-q", "-e", "-r", to, "-o", file], content);
  }

  /** Decrypts a file of it. */
  async content(path: string): Promise<string> {
    return (await this.keys.gpg(["--batch", "-q", "-d", `${this.folder}/${path}.gpg`])).out;
  }

  /** What is in it but for git's files. */
  async files(): Promise<string[]> {
    const found = ["-name", ".git", "-prune", "-o", "-printf", "%P\\n"];
    const { out } = await runToEnd("find", [this.folder, ...found], "", {});
    return out.split("\n").slice(0, -1).sort();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.parent, { recursive: true });
  }
}
