// Items of the macOS Keychain.

import { hasAt } from "../lib/bytes.ts";
import type { KeychainForm, KeychainLayout } from "./layout.ts";

export const GENERIC_PASSWORD: KeychainForm = {
  class: "generic",
  argumentsOf: ({ service, username }) => ["-a", username, "-s", service],
  namesOf(attributes) {
    const [service, username] = [attributes.get("svce"), attributes.get("acct")];
    if (service === undefined || username === undefined) return undefined;
    return { service, username };
  },
};

/** What Python, keytar, Bun and Rust share. */
export const GENERIC_PASSWORDS: KeychainLayout = { forms: [GENERIC_PASSWORD] };

const ENCODER = new TextEncoder();
const GO_BASE64 = ENCODER.encode("go-keyring-base64:");
const GO_HEX = ENCODER.encode("go-keyring-encoded:");

export const GO_PASSWORDS: KeychainLayout = {
  forms: [GENERIC_PASSWORD],
  encode(secret) {
    return ENCODER.encode(`go-keyring-base64:${secret.toBase64()}`);
  },
  decode(stored) {
    const text = (start: Uint8Array) => new TextDecoder().decode(stored.subarray(start.length));
    try {
      if (hasAt(stored, 0, GO_BASE64)) {
        return Uint8Array.fromBase64(text(GO_BASE64), { lastChunkHandling: "strict" });
      }
      return hasAt(stored, 0, GO_HEX) ? Uint8Array.fromHex(text(GO_HEX)) : stored.slice();
    } catch {
      return undefined;
    }
  },
};

/** The codes of protocols, each of four characters. */
export const PROTOCOLS: Readonly<Record<string, string>> = {
  https: "htps",
  http: "http",
  ftps: "ftps",
  ftp: "ftp ",
  imaps: "imps",
  imap: "imap",
  smtp: "smtp",
};

export interface Place {
  protocol: string;
  host: string;
  port?: number;
  /** As the program keeps it. */
  path: string;
}

/** The arguments that name an internet password. One that is left out would match every value. */
export function internetArguments(
  { protocol, host, port, path }: Place,
  username: string,
): string[] {
  return [
    ...["-a", username, "-s", host, "-r", PROTOCOLS[protocol] ?? protocol],
    ...(port === undefined ? [] : ["-P", `${port}`]),
    ...(path === "" ? [] : ["-p", path]),
    ...["-t", "dflt"],
  ];
}

/** Reads where an internet password belongs. */
export function placeOf(attributes: ReadonlyMap<string, string>): Place | undefined {
  const [host, code] = [attributes.get("srvr"), attributes.get("ptcl")];
  const protocol = Object.keys(PROTOCOLS).find((name) => PROTOCOLS[name] === code);
  const isPlain = (attributes.get("atyp") ?? "dflt") === "dflt" && !attributes.get("sdmn");
  if (host === undefined || protocol === undefined || !isPlain) return undefined;
  const port = [...attributes.get("port") ?? ""].reduce(
    (sum, digit) => sum * 256 + digit.charCodeAt(0),
    0,
  );
  return { protocol, host, ...(port && { port }), path: attributes.get("path") ?? "" };
}
