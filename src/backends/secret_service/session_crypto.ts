// Sessions of the Secret Service, which encrypt a secret on its way over the bus.

import { DBusError, DBusFormatError } from "../../lib/dbus/errors.ts";
import type { Peer } from "../../lib/dbus/session.ts";
import { Variant } from "../../lib/dbus/types.ts";
import type { WaitOptions } from "../../lib/dbus/wait.ts";

export interface Session {
  path: string;
  /** Without one, secrets are not encrypted: this daemon cannot. */
  key?: CryptoKey;
}

export interface Secret {
  value: Uint8Array;
  contentType: string;
}

/** The session's path, the parameters of the encryption, the value, its content type. */
export type EncodedSecret = [string, Uint8Array, Uint8Array, string];

const SERVICE = "org.freedesktop.Secret.Service";
const SESSION = "org.freedesktop.Secret.Session";
const ALGORITHM = "dh-ietf1024-sha256-aes128-cbc-pkcs7";
const MOST_EXCHANGES = 8;

// The second Oakley group of RFC 2409; its generator is 2.
const PRIME = BigInt(
  "0xFFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74020BBEA63B139B22514A08798E34" +
    "04DDEF9519B3CD3A431B302B0A6DF25F14374FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6" +
    "F406B7EDEE386BFB5A899FA5AE9F24117C4B1FE649286651ECE65381FFFFFFFFFFFFFFFF",
);
const GROUP_BYTES = 128;
const EXPONENT_BYTES = 32;
const IV_BYTES = 16;
const NOTHING = new Uint8Array();

/** This process's half of a Diffie-Hellman key exchange. */
export class KeyExchange {
  readonly publicKey: Uint8Array;
  #exponent: bigint;

  constructor() {
    // KWallet up to 6.13 takes a key that begins with 0xFF for a negative number, and libsecret's
    // for a short one that begins with 0x00.
    do {
      this.#exponent = toNumber(crypto.getRandomValues(new Uint8Array(EXPONENT_BYTES)));
      this.publicKey = toBytes(power(2n, this.#exponent));
    } while (this.publicKey[0] === 0 || this.publicKey[0] === 0xff);
  }

  /**
   * Derives the key. `undefined` where the shared secret begins with a zero byte, which KWallet
   * up to 6.13 drops: the secret would be garbage there. Another exchange helps.
   */
  async finish(peerKey: Uint8Array): Promise<CryptoKey | undefined> {
    const peer = toNumber(peerKey.subarray(0, GROUP_BYTES + 1));
    if (peer <= 1n || peer >= PRIME - 1n) throw new DBusFormatError("A public key is invalid");
    const shared = toBytes(power(peer, this.#exponent));
    if (shared[0] === 0) return undefined;
    const secret = await crypto.subtle.importKey("raw", shared, "HKDF", false, ["deriveKey"]);
    shared.fill(0);
    const derivation = { name: "HKDF", hash: "SHA-256", salt: NOTHING, info: NOTHING };
    const algorithm = { name: "AES-CBC", length: 128 };
    const usages: KeyUsage[] = ["encrypt", "decrypt"];
    return await crypto.subtle.deriveKey(derivation, secret, algorithm, false, usages);
  }
}

/** Opens a session, a plain one only where the daemon supports no encryption. */
export async function openSession(peer: Peer, options: WaitOptions): Promise<Session> {
  for (let attempt = 0; attempt < MOST_EXCHANGES; attempt++) {
    const exchange = new KeyExchange();
    const input = new Variant("ay", exchange.publicKey);
    const opened = await open(peer, ALGORITHM, input, options);
    if (!opened) return await openPlainSession(peer, options);
    const { path, output } = opened;
    if (!(output instanceof Uint8Array)) throw new DBusFormatError("A session has no public key");
    const key = await exchange.finish(output);
    if (key) return { path, key };
    const close = { path, interface: SESSION, member: "Close" };
    await peer.call(close, { ...options, idempotent: true });
  }
  throw new DBusFormatError("The keys of the Secret Service are always unusable");
}

async function openPlainSession(peer: Peer, options: WaitOptions): Promise<Session> {
  const opened = await open(peer, "plain", new Variant("s", ""), options);
  if (!opened) throw new DBusFormatError("The Secret Service supports no kind of session");
  return { path: opened.path };
}

async function open(
  peer: Peer,
  algorithm: string,
  input: Variant,
  options: WaitOptions,
): Promise<{ path: string; output: unknown } | undefined> {
  const call = { path: "/org/freedesktop/secrets", interface: SERVICE, member: "OpenSession" };
  const opening = { ...call, signature: "sv", body: [algorithm, input] };
  try {
    const { signature, body = [] } = await peer.call(opening, { ...options, idempotent: true });
    const [output, path] = body;
    if (signature === "vo") return { path: `${path}`, output: (output as Variant).value };
  } catch (error) {
    const { name } = error as Error;
    if (error instanceof DBusError && name.endsWith(".NotSupported")) return undefined;
    throw error;
  }
  throw new DBusFormatError("OpenSession has an unexpected reply");
}

/** Whether an error says that the two sides do not share a session, so that another one helps. */
export function isSessionFault(error: unknown): boolean {
  if (error instanceof DOMException) return error.name === "OperationError";
  if (!(error instanceof DBusError)) return false;
  return error.name === "org.freedesktop.Secret.Error.NoSession" ||
    error.name.endsWith(".UnknownObject") && error.message.startsWith("Can't find session");
}

export async function encodeSecret(session: Session, secret: Secret): Promise<EncodedSecret> {
  const { value, contentType } = secret;
  if (!session.key) return [session.path, NOTHING, value, contentType];
  const iv = crypto.getRandomValues(new Uint8Array(IV_BYTES));
  const algorithm = { name: "AES-CBC", iv };
  const encrypted = await crypto.subtle.encrypt(algorithm, session.key, value as BufferSource);
  return [session.path, iv, new Uint8Array(encrypted), contentType];
}

export async function decodeSecret(session: Session, secret: EncodedSecret): Promise<Secret> {
  const [, iv, value, contentType] = secret;
  if (!session.key) return { value, contentType };
  const algorithm = { name: "AES-CBC", iv: iv as BufferSource };
  const decrypted = await crypto.subtle.decrypt(algorithm, session.key, value as BufferSource);
  return { value: new Uint8Array(decrypted), contentType };
}

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  for (let square = base; exponent > 0n; exponent >>= 1n) {
    if (exponent & 1n) result = result * square % PRIME;
    square = square * square % PRIME;
  }
  return result;
}

function toNumber(bytes: Uint8Array): bigint {
  return BigInt(`0x0${bytes.toHex()}`);
}

function toBytes(number: bigint): Uint8Array<ArrayBuffer> {
  return Uint8Array.fromHex(number.toString(16).padStart(GROUP_BYTES * 2, "0"));
}
