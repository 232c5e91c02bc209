// Runs of `gpg`, with the options that `pass` gives it. The outcome of a run is read from its status
// lines, which no language changes.

import { lookUp } from "../../lib/environment.ts";
import { decryptionFailure, encryptionFailure, has, type Status } from "./gpg_failures.ts";
import { setting } from "./location.ts";
import { runProgram } from "./programs.ts";

const NEEDS = {
  // How it finds its keys, and how its agent asks for a passphrase.
  keep: [
    "HOME",
    "GNUPGHOME",
    "PATH",
    "GPG_TTY",
    "TERM",
    "DISPLAY",
    "WAYLAND_DISPLAY",
    "XAUTHORITY",
    "DBUS_SESSION_BUS_ADDRESS",
    "XDG_RUNTIME_DIR",
    "PINENTRY_USER_DATA",
    "LANG",
    "LC_ALL",
    "LC_CTYPE",
    "LC_MESSAGES",
  ],
  blank: ["GCONV_PATH"],
  set: {},
};

// A missing key is not fetched from the server that an address names.
const OPTIONS = [
  ...["--quiet", "--yes", "--compress-algo=none", "--no-encrypt-to", "--batch", "--use-agent"],
  ...["--no-auto-key-locate", "--status-fd=2"],
];

const OWN_OPTIONS = "PASSWORD_STORE_GPG_OPTS";

export interface GpgOptions {
  /** Where its keys are; by default where `gpg` looks for them. */
  home: string | undefined;
  timeoutMs: number;
}

export class Gpg {
  readonly #options: GpgOptions;

  constructor(options: GpgOptions) {
    this.#options = options;
  }

  async decrypt(ciphertext: Uint8Array, path: string, signal?: AbortSignal): Promise<Uint8Array> {
    const status = await this.#run(["--decrypt"], ciphertext, signal);
    if (status.code === 0 && has(status, "DECRYPTION_OKAY")) return status.stdout;
    status.stdout.fill(0);
    throw decryptionFailure(status, path);
  }

  async encrypt(
    plaintext: Uint8Array,
    recipients: readonly string[],
    signal?: AbortSignal,
  ): Promise<Uint8Array> {
    const to = recipients.map((recipient) => `--recipient=${recipient}`);
    const status = await this.#run(["--encrypt", ...to], plaintext, signal);
    if (status.code === 0 && has(status, "END_ENCRYPTION")) return status.stdout;
    throw encryptionFailure(status);
  }

  /** The fingerprints of the keys that signed these bytes, and of their primary keys. */
  async signers(file: string, signed: Uint8Array, signal?: AbortSignal): Promise<string[]> {
    const { lines } = await this.#run(["--verify", "--", file, "-"], signed, signal);
    if (lines.some(([word]) => word === "REVKEYSIG" || word === "BADSIG")) return [];
    return lines.filter(([word]) => word === "VALIDSIG").flatMap((line) =>
      [line[1], line.at(-1)].filter((word) => word !== undefined)
    );
  }

  /** Whether the secret key of any recipient is available. */
  async hasSecretKey(recipients: readonly string[], signal?: AbortSignal): Promise<boolean> {
    for (const recipient of recipients) {
      const args = ["--with-colons", "--list-secret-keys", "--", recipient];
      if ((await this.#run(args, undefined, signal)).code === 0) return true;
    }
    return false;
  }

  async #run(args: string[], stdin?: Uint8Array, signal?: AbortSignal): Promise<Status> {
    const { home, timeoutMs } = this.#options;
    const isGranted = lookUp(OWN_OPTIONS).state !== "denied";
    const own = (isGranted && setting(OWN_OPTIONS) || "").split(/\s+/).filter(Boolean);
    const all = [...own, ...home === undefined ? [] : ["--homedir", home], ...OPTIONS, ...args];
    const result = await runProgram("gpg", NEEDS, {
      args: all,
      timeoutMs,
      signal,
      ...(stdin && { stdin }),
    });
    const lines = result.stderr.split("\n")
      .filter((line) => line.startsWith("[GNUPG:] "))
      .map((line) => line.trimEnd().split(" ").slice(1));
    return { ...result, lines };
  }
}
