import { assert, assertEquals } from "@std/assert";
import { fromBytes, toBytes } from "../../../dev/security_simulator/bytes.ts";
import { printBuffer, printItem } from "../../../dev/security_simulator/print.ts";
import { readLines, splitLine } from "../../../dev/security_simulator/reader.ts";
import { parseDump, parsePassword } from "../../../src/backends/macos/output.ts";
import { commandLine } from "../../../src/backends/macos/security.ts";
import { Failure } from "../../../src/errors.ts";

const CASES = 5000;
// What the tokenizer and the printed forms treat as something special.
const SPECIAL = toBytes("\"'\\ \t\v\f\r#-0x<>=\x01\x7f\x80\xa0\xff\x85");

/** A small generator of numbers that a seed determines: mulberry32. */
class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed;
  }

  below(limit: number): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit;
  }

  byte(): number {
    const kind = this.below(3);
    if (kind === 0) return SPECIAL[this.below(SPECIAL.length)] ?? 0;
    return kind === 1 ? 0x20 + this.below(0x5f) : this.below(256);
  }

  bytes(longest: number): Uint8Array {
    return Uint8Array.from({ length: this.below(longest + 1) }, () => this.byte());
  }

  plain(longest: number): Uint8Array {
    return Uint8Array.from({ length: this.below(longest + 1) }, () => 0x20 + this.below(0x5f));
  }

  argument(longest: number): Uint8Array {
    return this.bytes(longest).filter((byte) => byte !== 0 && byte !== 0x0a);
  }
}

function fuzz(name: string, run: (random: Random) => void): void {
  Deno.test(name, () => {
    const first = crypto.getRandomValues(new Uint32Array(1))[0] ?? 0;
    for (let seed = first; seed < first + CASES; seed++) {
      try {
        run(new Random(seed));
      } catch (cause) {
        throw new Error(`Failed with seed ${seed}`, { cause });
      }
    }
  });
}

fuzz("quoted arguments come out of the tokenizer as they went in", (random) => {
  const args = Array.from({ length: random.below(32) }, () => random.argument(60));
  const lines = readLines(fromBytes(commandLine("find-generic-password", args)));
  assertEquals(lines.length, 1);
  assertEquals(splitLine(lines[0] ?? ""), ["find-generic-password", ...args.map(fromBytes)]);
});

fuzz("a line is one command, or is refused", (random) => {
  const length = 1900 + random.below(2200);
  const byte = random.byte();
  const arg = new Uint8Array(length).fill(byte === 0 || byte === 0x0a ? 0x22 : byte);
  try {
    const line = commandLine("x", [arg]);
    assertEquals(readLines(fromBytes(line)).map(splitLine), [["x", fromBytes(arg)]]);
  } catch (error) {
    assert(error instanceof Failure, String(error));
    const [, size] = /a command of (\d+) bytes/.exec(error.message) ?? [];
    assert(Number(size) > 4094, error.message);
  }
});

fuzz("a secret comes back from the line of -g", (random) => {
  const secret = random.below(3) === 0 ? random.plain(40) : random.bytes(40);
  const noise = random.below(2) === 0 ? "" : "security: some warning\n";
  const printed = `${noise}password: ${printBuffer(fromBytes(secret))}\n`;
  assertEquals(parsePassword(toBytes(printed)), secret);
});

fuzz("names come back from a dump", (random) => {
  const item = () => ({
    account: fromBytes(random.bytes(30)),
    service: fromBytes(random.plain(30)),
    created: "20260102030405Z",
    modified: "20260102030405Z",
    secret: "",
    ...random.below(4) === 0 && { class: "inet" },
    ...random.below(2) === 0 && { comment: fromBytes(random.bytes(20)) },
  });
  const items = Array.from({ length: random.below(4) }, item);
  const dump = parseDump(toBytes(items.map((each) => printItem("/k", each)).join("")));
  const expected = items.filter((each) => !("class" in each)).map(names);
  const found = dump.map((attributes) => [
    fromBytes(attributes.get("svce") ?? new Uint8Array([0])),
    fromBytes(attributes.get("acct") ?? new Uint8Array([0])),
    attributes.has("icmt"),
  ]);
  assertEquals(found, expected);
});

function names(item: { service: string; account: string; comment?: string }) {
  return [item.service, item.account, item.comment !== undefined];
}
