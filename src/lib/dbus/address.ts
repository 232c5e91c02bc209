import { DBusAddressError, DBusAuthError } from "./errors.ts";

/** One way to a bus: the path of a socket ("\0name" if abstract), or a transport we cannot use. */
export interface Address {
  transport: string;
  path?: string;
}

const VARIABLE = "DBUS_SESSION_BUS_ADDRESS";
const RUNTIME_VARIABLE = "XDG_RUNTIME_DIR";

/** The address of the session bus. Throws `NotCapable` where the environment may not be read. */
export function sessionBusAddress(): string {
  return Deno.env.get(VARIABLE) || "unix:runtime=yes";
}

/** Parses a list of addresses, which are to be tried in order. */
export function parseAddresses(text: string): Address[] {
  const addresses = text.split(";").filter((address) => address !== "").map(parseAddress);
  if (addresses.length === 0) throw new DBusAddressError("The D-Bus address is empty");
  return addresses;
}

function parseAddress(text: string): Address {
  const [, transport, rest] = /^([\w-]+):(.*)$/s.exec(text) ?? [];
  if (transport === undefined || rest === undefined) {
    throw new DBusAddressError("The D-Bus address has no transport");
  }
  const options = parseOptions(rest);
  if (transport !== "unix") return { transport };
  const kinds = ["path", "abstract", "runtime"].filter((kind) => options.has(kind));
  const [kind = ""] = kinds;
  const value = options.get(kind);
  if (kinds.length !== 1 || !value || (kind === "runtime" && value !== "yes")) {
    throw new DBusAddressError("The D-Bus address names no socket, or more than one");
  }
  if (kind === "runtime") return { transport, path: `${runtimeFolder()}/bus` };
  return { transport, path: kind === "abstract" ? `\0${value}` : value };
}

function parseOptions(text: string): Map<string, string> {
  const options = new Map<string, string>();
  for (const pair of text === "" ? [] : text.split(",")) {
    const [, key, value] = /^([^=]+)=(.*)$/s.exec(pair) ?? [];
    if (key === undefined || value === undefined || options.has(key)) {
      throw new DBusAddressError("The D-Bus address is malformed");
    }
    options.set(key, unescape(value));
  }
  return options;
}

function unescape(value: string): string {
  try {
    const text = decodeURIComponent(value);
    // A NUL at the start of a path would make it the name of an abstract socket.
    if (!text.includes("\0")) return text;
  } catch {
    // Reported below.
  }
  throw new DBusAddressError("The D-Bus address has an invalid escape");
}

function runtimeFolder(): string {
  const folder = Deno.env.get(RUNTIME_VARIABLE);
  if (folder) return folder;
  throw new DBusAddressError(`Neither ${VARIABLE} nor ${RUNTIME_VARIABLE} is set`);
}

/** Connects to the first address that answers. */
export async function connectToAddress(text: string): Promise<Deno.UnixConn> {
  const failures: unknown[] = [];
  for (const { transport, path } of parseAddresses(text)) {
    try {
      if (path !== undefined) return await Deno.connect({ transport: "unix", path });
      failures.push(new DBusAddressError(`D-Bus addresses "${transport}:" are not supported`));
    } catch (error) {
      failures.push(describe(error));
    }
  }
  throw failures.find((failure) => failure instanceof Deno.errors.NotCapable) ?? failures[0];
}

function describe(error: unknown): unknown {
  const { NotCapable, NotFound, ConnectionRefused, PermissionDenied } = Deno.errors;
  const known = [NotCapable, NotFound, ConnectionRefused];
  if (!(error instanceof Error) || known.some((kind) => error instanceof kind)) return error;
  const Kind = error instanceof PermissionDenied ? DBusAuthError : DBusAddressError;
  return new Kind(error.message, { cause: error });
}
