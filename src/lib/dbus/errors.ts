/** An error that the other side answered; `name` is the D-Bus name of the error. */
export class DBusError extends Error {
  override readonly name: string;
  /** Who answered: the bus itself, or the unique name of a peer. */
  readonly sender: string | undefined;

  constructor(name: string, message: string, sender?: string) {
    super(message);
    this.name = name;
    this.sender = sender;
  }
}

/** A message, or a part of one, that breaks the rules of the wire format. */
export class DBusFormatError extends Error {
  override readonly name = "DBusFormatError";
}

export class DBusAddressError extends Error {
  override readonly name = "DBusAddressError";
}

/** The bus refused to talk to this process, or may not be reached: that of another user does so. */
export class DBusAuthError extends Error {
  override readonly name = "DBusAuthError";
}

export class DBusTimeoutError extends Error {
  override readonly name = "DBusTimeoutError";
  /** Whether the message may have reached the bus, so that the outcome is unknown. */
  readonly written: boolean;

  constructor(written: boolean) {
    super("The bus did not answer in time");
    this.written = written;
  }
}

export class DBusDisconnectedError extends Error {
  override readonly name = "DBusDisconnectedError";
  /** Whether the message had been written, so that the outcome is unknown. */
  readonly written: boolean;

  constructor(written: boolean, cause: unknown) {
    const state = written ? "the outcome of the call is unknown" : "the call had no effect";
    super(`The connection to the bus was closed; ${state}`, { cause });
    this.written = written;
  }
}
