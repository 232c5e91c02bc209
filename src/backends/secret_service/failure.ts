// Why `secret-tool` failed, read from what it printed. The driver forces the locale, so the texts
// are always the English ones.

import { isLogLine } from "./search_output.ts";

export type Failure =
  | "no-bus"
  | "no-daemon"
  | "no-collection"
  | "locked"
  | "timeout"
  | "too-long"
  | "killed"
  | "other";

const TEXTS: [Failure, RegExp][] = [
  ["too-long", /password is too long/],
  ["locked", /in a locked collection|of a locked object|collection is locked|item is locked/i],
  ["no-collection", /Object does not exist at path|No such secret collection/],
  [
    "no-daemon",
    /org\.freedesktop\.secrets was not provided|not activatable|ServiceUnknown|has no owner|Process org\.freedesktop\.secrets|StartServiceByName|activat(?:e|ion) /,
  ],
  ["timeout", /Timeout was reached|Did not receive a reply|NoReply|timed out/i],
  [
    "no-bus",
    /autolaunch|Could not connect|Connection refused|address is empty|Cannot spawn a message bus|machine-id|Unknown address type|not a valid D-Bus address|Address element|connection is closed|Broken pipe|Connection reset|EXTERNAL|authentication|No such file or directory|unsupported transport/i,
  ],
];

export function classifyFailure(stderr: string, code: number): Failure {
  const text = firstMessage(stderr);
  for (const [failure, pattern] of TEXTS) {
    if (pattern.test(text)) return failure;
  }
  return code > 128 ? "killed" : "other";
}

export function firstMessage(stderr: string): string {
  return firstLine(stderr).replace(/^[\w.-]+: /, "");
}

/**
 * Finds what an error may tell: a first message that the program marked as its own. Anything else
 * may be the secret, when another program stands in its place.
 */
export function ownMessage(stderr: string): string {
  return /^(?:\S*\/)?secret-tool: (.*)/.exec(firstLine(stderr))?.[1] ?? "";
}

function firstLine(stderr: string): string {
  return stderr.split("\n").find((line) => !isLogLine(line)) ?? "";
}
