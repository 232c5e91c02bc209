// git's credential helpers: git-credential-wincred, -libsecret and -osxkeychain, and, for reading
// only, Git Credential Manager. The service of an entry is `git:PROTOCOL://HOST`, with `:PORT` and
// `/PATH` where there are any.
//
// The secret is what git-credential-libsecret keeps: the password, and in further lines
// `password_expiry_utc=SECONDS` and `oauth_refresh_token=TOKEN`.

import type { Entry } from "../backend.ts";
import { isOthers } from "./credentials.ts";
import { hasOnly, itemForm, SCHEMA } from "./items.ts";
import { GENERIC_PASSWORD, internetArguments, placeOf, PROTOCOLS } from "./keychain.ts";
import type { CredentialLayout, ItemForm, ItemLayout, KeychainLayout, Layout } from "./layout.ts";

/** The parts of a service. */
export interface GitPlace {
  protocol: string;
  host: string;
  port?: number;
  /** Without the slash in front. */
  path: string;
}

const SERVICE =
  /^git:([a-z][a-z0-9+.-]*):\/\/(\[[^\]/@]+\]|[^/@:]*)(?::([1-9]\d{0,4}))?(?:\/(.+))?$/s;

export function parseService(service: string): GitPlace | undefined {
  const [, protocol = "", host = "", port, path = ""] = SERVICE.exec(service) ?? [];
  const isPlace = protocol !== "" && (host !== "" || port === undefined && path !== "");
  if (!isPlace || Number(port) > 65_535) return undefined;
  return { protocol, host, ...(port && { port: Number(port) }), path };
}

export function formatService({ protocol, host, port, path }: GitPlace): string {
  const [number, end] = [port === undefined ? "" : `:${port}`, path === "" ? "" : `/${path}`];
  return `git:${protocol}://${host}${number}${end}`;
}

// The backends refuse invalid services before they come here.
function parse(service: string): GitPlace {
  return parseService(service) ?? { protocol: "", host: "", path: "" };
}

const EXPIRY = "git_password_expiry_utc";
const WIDE = new TextDecoder("utf-16le", { fatal: true, ignoreBOM: true });
const EXPIRY_LINE = /^password_expiry_utc=(\d+)$/;

function decodeWide(bytes: Uint8Array): string | undefined {
  try {
    return WIDE.decode(bytes);
  } catch {
    return undefined;
  }
}

function encodeWide(text: string): Uint8Array {
  const bytes = new DataView(new ArrayBuffer(text.length * 2));
  for (let at = 0; at < text.length; at++) bytes.setUint16(at * 2, text.charCodeAt(at), true);
  return new Uint8Array(bytes.buffer);
}

const CREDENTIALS: CredentialLayout = {
  forms: [
    {
      name: "git-credential-wincred",
      targetOf: ({ service, username }) => service.replace("://", () => `://${username}@`),
      commentOf: () => "saved by git-credential-wincred",
    },
    { name: "Git Credential Manager", targetOf: ({ service }) => service },
  ],
  servicesOf(credential) {
    const { target, userName, comment } = credential;
    const [, start = "", rest = ""] = /^(git:[^:/]+:\/\/)(.*)$/s.exec(target) ?? [];
    const isGit = start !== "" && (!isOthers(credential) || comment.startsWith("saved by git"));
    if (!isGit) return [];
    const user = `${userName}@`;
    const service = start + (rest.startsWith(user) ? rest.slice(user.length) : rest);
    return parseService(service) ? [service] : [];
  },
  encoding: "utf-16le",
  persistence: "local",
  secret: {
    keywords: [EXPIRY],
    read({ blob, attributes }) {
      const expiry = attributes.find(({ keyword }) => keyword === EXPIRY)?.value;
      const [text, digits] = [decodeWide(blob), expiry && decodeWide(expiry)?.replace(/\0$/, "")];
      // The caller refuses what is not text.
      if (text === undefined || expiry && digits === undefined) return blob;
      const [password = "", ...lines] = text.split(/\r?\n/);
      blob.fill(0);
      const end = digits ? [`password_expiry_utc=${digits}`] : [];
      return encodeWide([password, ...end, ...lines].join("\n"));
    },
    write(secret) {
      const [password = "", ...lines] = decodeWide(secret)?.split("\n") ?? [];
      const [, expiry] = lines.map((line) => EXPIRY_LINE.exec(line)).find(Boolean) ?? [];
      const others = lines.filter((line) => line !== "" && !EXPIRY_LINE.test(line));
      return {
        blob: encodeWide([password, ...others].join("\r\n")),
        attributes: expiry ? [{ keyword: EXPIRY, value: encodeWide(expiry) }] : [],
      };
    },
  },
};

const GIT_SCHEMA = "org.git.Password";
// That of the helper in git 2.40 and older, which other programs have, too.
const NETWORK_SCHEMA = "org.gnome.keyring.NetworkPassword";

const ITEMS: ItemForm = {
  searchOf: ({ service, username }) => {
    const { protocol, host, port, path } = parse(service);
    return new Map([
      ["user", username],
      ["protocol", protocol],
      ...optional("server", host),
      ...optional("port", port === undefined ? "" : `${port}`),
      ...optional("object", path),
    ]);
  },
  namesOf(attributes) {
    const schema = attributes.get(SCHEMA);
    if (schema !== undefined && schema !== GIT_SCHEMA && schema !== NETWORK_SCHEMA) {
      return undefined;
    }
    const [username, port] = [attributes.get("user"), attributes.get("port")];
    const [protocol, host] = [attributes.get("protocol"), attributes.get("server") ?? ""];
    if (username === undefined || protocol === undefined) return undefined;
    const own = { user: username, protocol, server: host, port, object: undefined };
    if (!hasOnly(attributes, own)) return undefined;
    const place = { protocol, host, path: attributes.get("object") ?? "" };
    const service = formatService({ ...place, ...(port && { port: Number(port) }) });
    return parseService(service) && { service, username };
  },
  listOf(service) {
    if (service === undefined) return new Map([[SCHEMA, GIT_SCHEMA]]);
    const { protocol, host } = parse(service);
    return new Map([["protocol", protocol], ...optional("server", host)]);
  },
  createdOf(entry) {
    return new Map([...this.searchOf(entry), [SCHEMA, GIT_SCHEMA]]);
  },
  labelOf: ({ service }) => {
    const place = parse(service);
    const label = formatService(place).replace(/^git:/, "Git: ");
    return place.path === "" ? `${label}/` : label;
  },
};

function optional(name: string, value: string): [string, string][] {
  return value === "" ? [] : [[name, value]];
}

const MANAGER_SCHEMA = "com.microsoft.GitCredentialManager";

const SECRET_SERVICE: ItemLayout = {
  forms: [ITEMS, readOnlyItems()],
};

function readOnlyItems(): ItemForm {
  const { createdOf: _, ...form } = itemForm({
    username: "account",
    schema: MANAGER_SCHEMA,
    listed: { [SCHEMA]: MANAGER_SCHEMA },
    label: ({ service }: Entry) => service,
  });
  return form;
}

const KEYCHAIN: KeychainLayout = {
  forms: [
    {
      class: "internet",
      refuses: ({ service }) => {
        const { protocol, host } = parse(service);
        if (host === "") return "the Keychain has no entries without a host";
        const isKnown = Object.hasOwn(PROTOCOLS, protocol);
        return isKnown ? undefined : "the Keychain has no code for its protocol";
      },
      argumentsOf: ({ service, username }) => internetArguments(parse(service), username),
      namesOf(attributes) {
        const [place, username] = [placeOf(attributes), attributes.get("acct")];
        const isDocker = attributes.get("label") === "Docker Credentials";
        if (!place || username === undefined || isDocker) return undefined;
        const service = formatService(place);
        return parseService(service) && { service, username };
      },
      // Not just the host: security tells the passwords of a host apart by it.
      labelOf: ({ service }) => service.replace(/^git:[^:]*:\/\//, ""),
    },
    {
      class: "generic",
      argumentsOf: GENERIC_PASSWORD.argumentsOf,
      namesOf(attributes) {
        const names = GENERIC_PASSWORD.namesOf(attributes);
        return names && parseService(names.service) ? names : undefined;
      },
    },
  ],
};

export const GIT: Layout = {
  name: "git",
  program: "git's credential helper",
  rules: {
    nul: true,
    bytes: true,
    lineBreaks: true,
    service: (service) =>
      parseService(service) ? undefined : "the service is not git:PROTOCOL://HOST[:PORT][/PATH]",
  },
  windows: CREDENTIALS,
  secretService: SECRET_SERVICE,
  macos: KEYCHAIN,
};
