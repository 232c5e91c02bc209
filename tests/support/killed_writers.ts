// Kills writers of a large secret at random moments, with a reader beside them, on any store that
// other processes reach, too.

import { assert, assertEquals } from "@std/assert";
import { type Backend, StoreKeyring } from "../../testing.ts";

const SERVICE = "keyring_test_killed";
const WRITER = decodeURIComponent(new URL("./large_secret_writer.ts", import.meta.url).pathname);
// In the soak test as many as that time allows.
const SOAK_MS = 60_000;
const soak = Deno.env.get("KEYRING_TEST_SOAK") === "1";

/** A store, and how hard it is tried. */
export interface KilledWriters {
  /** The store in this process. */
  backend: Backend;
  /** What tells the writer which store it is. */
  store: string;
  /** The lengths of the secrets that are written in turn; some must need parts. */
  sizes: readonly number[];
  /** Whether a writer that is killed can leave an empty secret. */
  canBeCutOff?: boolean;
  /** How many writers are killed. */
  kills: number;
  /** How long a writer lives at most once it is ready, in milliseconds. */
  longestLife: number;
}

/** Lets writers replace a secret, kills them, and looks at what they leave behind. */
export async function checkKilledWriters(options: KilledWriters): Promise<void> {
  const { backend, sizes, kills, longestLife, canBeCutOff = false } = options;
  const keyring = new StoreKeyring(backend);
  const first = Math.max(...sizes) + 1;
  const seen = new Set<string>();
  let killed = 0;
  let reads = 0;
  const read = async () => {
    const text = await keyring.getPassword(SERVICE, "alice");
    assert(isWhole(text, [...sizes, first]) || canBeCutOff && text === "", `${text?.length}`);
    seen.add(`${text?.length}${text?.[0]}`);
    reads++;
  };
  await keyring.setPassword(SERVICE, "alice", "z".repeat(first));
  try {
    const end = performance.now() + SOAK_MS;
    // A busy machine needs more and longer lives until one has written.
    const isOver = () => killed >= kills && (seen.size > 1 || killed >= 10 * kills);
    while (soak ? performance.now() < end : !isOver()) {
      let alive = true;
      const life = Math.random() * longestLife * (soak ? 1 : Math.ceil((killed + 1) / kills));
      const ended = killWriter(options, killed % 2 === 0, life).finally(() => alive = false);
      try {
        while (alive) await read();
      } finally {
        await ended;
      }
      await read();
      killed++;
    }
    if (soak) console.log(`${backend.name}: ${killed} writers killed, ${reads} reads`);
    assert(seen.size > 1, "No writer ever wrote");
    // The last programs that the killed writers ran may still be at work.
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    assert(keyring.prune);
    await keyring.prune({ graceMs: 0 });
    await read();
  } finally {
    await keyring.deletePassword(SERVICE, "alice");
  }
  const left = await backend.list(undefined);
  assertEquals(left.filter(({ service }) => service.startsWith("os-keyring.chunk")), []);
}

/**
 * Starts a writer and kills it together with the program that it runs, or alone: then that program
 * lives on, and takes the end of its input for the end of the secret.
 */
async function killWriter(options: KilledWriters, alone: boolean, life: number): Promise<void> {
  const { store, sizes } = options;
  const args = ["run", "-A", "--no-check", WRITER, store, SERVICE, "alice", ...sizes.map(String)];
  const child = new Deno.Command(Deno.execPath(), {
    args,
    stdout: "piped",
    stderr: "inherit",
    detached: true,
  }).spawn();
  const reader = child.stdout.getReader();
  await reader.read();
  await new Promise((resolve) => setTimeout(resolve, life));
  Deno.kill(alone ? child.pid : -child.pid, "SIGKILL");
  await child.status;
  await reader.cancel();
}

function isWhole(text: string | null, sizes: readonly number[]): boolean {
  return text !== null && sizes.includes(text.length) &&
    text === (text[0] ?? "").repeat(text.length);
}
