// @environment openbao
// @soak
//
// The server is killed in the middle of writes, and started again: nothing that was reported as stored
// is lost, and each secret is an old or a new one as a whole.

import { assert, assertEquals, assertInstanceOf } from "@std/assert";
import { HashiCorpVaultKeyring } from "../../../backends.ts";
import { KeyringError } from "../../../mod.ts";
import { BAO } from "./openbao.ts";
import { RaftServer } from "./raft.ts";

const ignore = BAO === undefined;
const ROUNDS = Deno.env.get("KEYRING_TEST_SOAK") === "1" ? 200 : 20;
const WRITERS = 4;

/** What may be stored of an entry. */
interface Known {
  /** The last value that was reported as stored. */
  stored: string;
  /** The one whose write failed since then, if any. */
  tried?: string;
}

Deno.test(
  `HashiCorpVaultKeyring outlives ${ROUNDS} crashes of the server`,
  { ignore },
  async () => {
    await using server = new RaftServer();
    await server.initialize();
    const open = () => {
      const login = { token: server.token };
      return new HashiCorpVaultKeyring({ address: server.address, login, timeoutMs: 10_000 });
    };
    await using keyring = open();
    const known = new Map<string, Known>();
    let [writes, failures] = [0, 0];
    for (let writer = 0; writer < WRITERS; writer++) {
      await keyring.setPassword("my_app", `${writer}`, "first");
      known.set(`${writer}`, { stored: "first" });
    }
    for (let round = 0; round < ROUNDS; round++) {
      let isRunning = true;
      const write = async (username: string) => {
        const entry = known.get(username);
        assert(entry);
        await using own = open();
        while (isRunning) {
          const value = `${round}-${writes++}-`.padEnd(2_000, "x");
          entry.tried = value;
          try {
            await own.setPassword("my_app", username, value);
            known.set(username, Object.assign(entry, { stored: value }));
            delete entry.tried;
          } catch (error) {
            assertInstanceOf(error, KeyringError);
            assert(!error.message.includes("xxx"));
            failures++;
            return;
          }
        }
      };
      const writers = [...known.keys()].map(write);
      await new Promise((resolve) => setTimeout(resolve, 20 + Math.random() * 80));
      await server.kill();
      isRunning = false;
      await Promise.all(writers);
      await server.start();
      await server.unseal();
      for (const [username, { stored, tried }] of known) {
        const value = await keyring.getPassword("my_app", username);
        assert(value === stored || value === tried, `${username}: ${value?.slice(0, 20)}`);
        known.set(username, { stored: value });
      }
      assertEquals((await keyring.list({ service: "my_app" })).length, WRITERS);
    }
    assert(writes > ROUNDS && failures > 0, `${writes} writes, ${failures} failures`);
  },
);
