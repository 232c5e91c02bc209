import {
  KeyringLockedError,
  KeyringPermissionError,
  KeyringTimeoutError,
  NoKeyringError,
} from "../errors.ts";

export interface Work {
  signal: AbortSignal;
  step(): Promise<void>;
}

const HOPELESS = [
  KeyringLockedError,
  KeyringPermissionError,
  KeyringTimeoutError,
  NoKeyringError,
];

export function isHopeless(error: unknown): boolean {
  return HOPELESS.some((hopeless) => error instanceof hopeless);
}
