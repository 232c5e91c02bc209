import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  decodeSecret,
  encodeSecret,
  isSessionFault,
  KeyExchange,
} from "../../../src/backends/secret_service/session_crypto.ts";

/** Two exchanges whose shared secret is usable, or is not. */
async function pairOf(isUsable: boolean): Promise<[KeyExchange, KeyExchange]> {
  const one = new KeyExchange();
  for (;;) {
    const other = new KeyExchange();
    if (((await one.finish(other.publicKey)) !== undefined) === isUsable) return [one, other];
  }
}

Deno.test("KeyExchange draws no key that KWallet or libsecret take for another one", () => {
  // One of 128 would be, without care.
  for (let count = 0; count < 400; count++) {
    const { publicKey } = new KeyExchange();
    assertEquals(publicKey.length, 128);
    assert(publicKey[0] !== 0 && publicKey[0] !== 0xff);
  }
});

Deno.test("both sides of a KeyExchange derive the same key, or see that it is unusable", async () => {
  for (const isUsable of [true, false]) {
    const [one, other] = await pairOf(isUsable);
    const ours = await one.finish(other.publicKey);
    // The peer's key may come with a leading zero byte.
    const theirs = await other.finish(Uint8Array.from([0, ...one.publicKey]));
    assertEquals([ours !== undefined, theirs !== undefined], [isUsable, isUsable]);
    if (!ours || !theirs) continue;
    for (const value of [new Uint8Array(), new Uint8Array(100_000).fill(7)]) {
      const secret = { value, contentType: "text/plain" };
      const encoded = await encodeSecret({ path: "/s", key: ours }, secret);
      assertEquals(await decodeSecret({ path: "/s", key: theirs }, encoded), secret);
    }
  }
});

// Raised to any power it is 1 or itself.
const PRIME_MINUS_ONE = Uint8Array.fromHex(
  "ffffffffffffffffc90fdaa22168c234c4c6628b80dc1cd129024e088a67cc74020bbea63b139b22514a08798e3404dd" +
    "ef9519b3cd3a431b302b0a6df25f14374fe1356d6d51c245e485b576625e7ec6f44c42e9a637ed6b0bff5cb6f406b7ed" +
    "ee386bfb5a899fa5ae9f24117c4b1fe649286651ece65381fffffffffffffffe",
);

Deno.test("KeyExchange refuses keys that give the shared secret away", async () => {
  const large = new Uint8Array(128).fill(0xff);
  const small = [new Uint8Array(), Uint8Array.of(0), Uint8Array.of(1)];
  for (const key of [...small, PRIME_MINUS_ONE, large]) {
    await assertRejects(() => new KeyExchange().finish(key), Error, "public key is invalid");
  }
});

Deno.test("decodeSecret() has an error that asks for another session", async () => {
  const [one, other] = await pairOf(true);
  const key = await one.finish(other.publicKey);
  assert(key);
  for (const [iv, value] of [[16, 17], [16, 0], [3, 16], [16, 16]] as const) {
    const secret: [string, Uint8Array, Uint8Array, string] = [
      "/s",
      new Uint8Array(iv),
      new Uint8Array(value).fill(9),
      "",
    ];
    const error = await decodeSecret({ path: "/s", key }, secret).catch((error) => error);
    // By chance, one of 256 keys makes a valid end of garbage.
    assert(isSessionFault(error) || error.value instanceof Uint8Array, `${error}`);
  }
});
