import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { MacInProcess } from "../../../dev/security_simulator/in_process.ts";
import { LOGIN_KEYCHAIN, SimulatedMac } from "../../../dev/security_simulator/install.ts";
import { readLines, splitLine } from "../../../dev/security_simulator/reader.ts";
import { DialogShown } from "../../../dev/security_simulator/session.ts";

const ADD = "add-generic-password -a alice -s svc";
const FIND = "find-generic-password -a alice -s svc";

function firstItem(mac: MacInProcess) {
  const item = mac.state.keychains[LOGIN_KEYCHAIN]?.items[0];
  assert(item);
  return item;
}

function loginKeychain(mac: MacInProcess) {
  const keychain = mac.state.keychains[LOGIN_KEYCHAIN];
  assert(keychain);
  return keychain;
}

function padded(command: string, length: number): string {
  return command + "x".repeat(length - command.length);
}

Deno.test("simulator reads a line of 4094 bytes as one command", () => {
  assertEquals(readLines(`${"a".repeat(4094)}\nnext\n`), ["a".repeat(4094), "next"]);
});

Deno.test("simulator reads the newline of a line of 4095 bytes as a command of its own", () => {
  assertEquals(readLines(`${"a".repeat(4095)}\nnext\n`), ["a".repeat(4095), "", "next"]);
  const mac = new MacInProcess();
  const absent = (length: number) =>
    mac.interactive(`${padded("find-generic-password -a x -s ", length)}\n`).code;
  assertEquals([4093, 4094, 4095, 4096].map(absent), [44, 44, 0, 1]);
});

Deno.test("simulator runs the rest of a longer line as the next command", () => {
  const mac = new MacInProcess();
  const line = `${padded(`${ADD} -U -X `, 4095)}delete-keychain login.keychain\n`;
  assertEquals(mac.interactive(line).code, 0);
  assertEquals(mac.state.keychains, {});
});

Deno.test("simulator stores a secret that was cut off inside its quotes", () => {
  const mac = new MacInProcess();
  const answer = mac.interactive(`${padded(`${ADD} -w "`, 4095)}"\n`);
  assertEquals(answer.code, 0);
  assertEquals(firstItem(mac).secret.length, 4095 - `${ADD} -w "`.length);
  assertMatch(answer.stdout, /^Usage/);
});

Deno.test("simulator drops a last line without a newline", () => {
  const mac = new MacInProcess();
  assertEquals(mac.interactive(`${ADD} -X 61`), { code: 0, stdout: "", stderr: "" });
  assertEquals(loginKeychain(mac).items, []);
});

Deno.test("simulator ends a line at a NUL", () => {
  assertEquals(readLines("a b\0c d\ne\n"), ["a b", "e"]);
});

Deno.test("simulator cuts arguments as Apple's tokenizer does", () => {
  const cases: [line: string, words: string[]][] = [
    [" \t\v\f\ra\rb ", ["a", "b"]],
    ["a\"b c'd", ['a"b', "c'd"]],
    ['"a""b"', ["a", "b"]],
    [`'it'"'"'s'`, ["it", "'", "s"]],
    ["'c\\d'", ["cd"]],
    ['"c\\"d\\\\" \\n\\ x', ['c"d\\', "n x"]],
    ["a\\", ["a"]],
    ['"open', ["open"]],
    [`"" '' x`, ["", "", "x"]],
    ["# $HOME ; *", ["#", "$HOME", ";", "*"]],
    ["\xa0\x85é", ["\xa0\x85é"]],
  ];
  for (const [line, words] of cases) assertEquals(splitLine(line), words, line);
});

Deno.test("simulator drops all arguments after the 32nd", () => {
  const words = Array.from({ length: 40 }, (_, index) => `w${index}`);
  assertEquals(splitLine(words.join(" ")), words.slice(0, 32));
});

Deno.test("simulator tells a failure but exits with the code of the last line", () => {
  const mac = new MacInProcess();
  const answer = mac.interactive(`${FIND}\nlist-keychains\n`);
  assertEquals(answer.code, 0);
  assertMatch(answer.stderr, /^find-generic-password: returned -25300$/m);
  assertEquals(mac.interactive(`${FIND}\n\n`).code, 0);
  assertEquals(mac.interactive(`${FIND}\n`).code, 44);
});

Deno.test("simulator takes the beginning of a command's name for the command", () => {
  const mac = new MacInProcess();
  assertMatch(mac.interactive("find-g -a x -s y\n").stderr, /^find-g: returned -25300$/m);
  assertEquals(mac.interactive('""\n').code, 0);
  assertEquals(mac.interactive("nonsense\n").code, 1);
});

Deno.test("simulator ends the loop with exit code 0 when a prompt fails", () => {
  const mac = new MacInProcess();
  assertEquals(mac.interactive(`unlock-keychain\n${ADD} -X 61\n`).code, 0);
  assertEquals(loginKeychain(mac).items, []);
});

Deno.test("simulator stores an empty password for a bare -w, and keeps the old one without", () => {
  const mac = new MacInProcess();
  assertEquals(mac.interactive(`${ADD} -X 6162\n${ADD} -U\n`).code, 0);
  assertEquals(firstItem(mac).secret, "ab");
  assertEquals(mac.interactive(`${ADD} -U -w\n`).code, 0);
  assertEquals(firstItem(mac).secret, "");
});

Deno.test("simulator asks twice, takes 128 bytes, and empty answers at the end of input", () => {
  const mac = new MacInProcess();
  const args = [...ADD.split(" "), "-U", "-w"];
  assertEquals(mac.command(args, ["x".repeat(200), "x".repeat(200)]).code, 0);
  assertEquals(firstItem(mac).secret.length, 128);
  assertEquals(mac.command(args, ["once"]).code, 0);
  assertEquals(firstItem(mac).secret, "");
  assertEquals(mac.command(args, ["1", "2", "3", "4", "5", "6"]).code, 1);
});

Deno.test("simulator reads hex digits as badly as Apple does", () => {
  const mac = new MacInProcess();
  mac.interactive(`${ADD} -U -X fZf\n`);
  assertEquals(firstItem(mac).secret, "\x0f\xf0");
  mac.interactive(`${ADD} -U -X C3a9\n`);
  assertEquals(firstItem(mac).secret, "\xc3\xa9");
  mac.interactive(`${ADD} -U -X ""\n`);
  assertEquals(firstItem(mac).secret, "");
  assertEquals(mac.interactive(`${ADD} -U -X zz\n`).code, 2);
});

Deno.test("simulator refuses a duplicate, and reports a refused update as one", () => {
  const mac = new MacInProcess();
  mac.interactive(`${ADD} -X 61\n`);
  assertEquals(mac.interactive(`${ADD} -X 62\n`).code, 45);
  firstItem(mac).refusesUpdate = true;
  const answer = mac.interactive(`${ADD} -U -X 62\n`);
  assertEquals([answer.code, firstItem(mac).secret], [45, "a"]);
  assertMatch(answer.stderr, /ModifyContent[^]*CreateFromContent[^]*: returned -25299\n$/);
});

Deno.test("simulator shows a dialog for -U with -T or -A", () => {
  const mac = new MacInProcess();
  mac.interactive(`${ADD} -X 61\n`);
  assertThrows(() => mac.interactive(`${ADD} -U -A -X 62\n`), DialogShown);
  mac.state.gui = false;
  assertEquals(mac.interactive(`${ADD} -U -T /usr/bin/security -X 62\n`).code, 45);
});

Deno.test("simulator writes to the default keychain when the named one is missing", () => {
  const mac = new MacInProcess();
  assertEquals(mac.interactive(`${ADD} -X 61 /tmp/missing.keychain\n`).code, 0);
  assertEquals(firstItem(mac).secret, "a");
  assertEquals(mac.interactive(`${FIND} /tmp/missing.keychain\n`).code, 44);
  assertEquals(mac.interactive(`dump-keychain /tmp/missing.keychain\n`).code, 1);
  assertEquals(mac.interactive(`show-keychain-info /tmp/missing.keychain\n`).code, 50);
  const tooLong = `/${"x".repeat(2000)}`;
  assertEquals(mac.interactive(`${FIND} ${tooLong}\n`).code, 0);
});

Deno.test("simulator knows no default keychain", () => {
  const mac = new MacInProcess();
  mac.state.defaultKeychain = null;
  assertEquals(mac.interactive(`${ADD} -X 61\n`).code, 37);
  assertEquals(mac.interactive("default-keychain\n").code, 1);
});

Deno.test("simulator prints with -w what cannot be told apart, and with -g what can", () => {
  const cases: [hex: string, plain: string, exact: string][] = [
    ["", "", ""],
    ["63336139", "c3a9", '"c3a9"'],
    ["c3a9", "c3a9", "0xC3A9 "],
    ["61c3a9", "61c3a9", '0x61C3A9  "a\\303\\251"'],
    ["705c77", "p\\w", '0x705C77  "p\\134w"'],
    ["226122", '"a"', '""a""'],
    ["30783431", "0x41", '"0x41"'],
    ["0a", "0a", "0x0A "],
  ];
  const mac = new MacInProcess();
  for (const [hex, plain, exact] of cases) {
    mac.interactive(`${ADD} -U -X "${hex}"\n`);
    assertEquals(mac.interactive(`${FIND} -w\n`).stdout, `${plain}\n`);
    assertEquals(mac.interactive(`${FIND} -g\n`).stderr, `password: ${exact}\n`);
  }
});

Deno.test("simulator finds attributes in a locked keychain but no secret", () => {
  const mac = new MacInProcess();
  mac.interactive(`${ADD} -X 61\nlock-keychain\n`);
  assertEquals(mac.interactive(`${FIND}\n`).code, 0);
  assertEquals(mac.interactive("dump-keychain\n").code, 0);
  assertThrows(() => mac.interactive(`${FIND} -g\n`), DialogShown);
  mac.state.gui = false;
  const answer = mac.interactive(`${FIND} -g\n`);
  assertEquals([answer.code, answer.stdout], [36, ""]);
  assertEquals(answer.stderr, "find-generic-password: returned -25308\n");
  assertEquals(mac.interactive("unlock-keychain -p wrong\n").code, 51);
  assertEquals(mac.interactive(`unlock-keychain -p login\n${FIND} -g\n`).code, 0);
});

Deno.test("simulator says deleted even when it was not", () => {
  const mac = new MacInProcess();
  mac.interactive(`${ADD} -X 61\nlock-keychain\n`);
  mac.state.gui = false;
  const answer = mac.interactive("delete-generic-password -a alice -s svc\n");
  assertEquals(answer.code, 36);
  assertMatch(answer.stderr, /^password has been deleted\.$/m);
  assertEquals(loginKeychain(mac).items.length, 1);
  assertEquals(mac.interactive("delete-generic-password\n").code, 2);
});

Deno.test("simulator ignores every filter beside the account and the service", () => {
  const mac = new MacInProcess();
  mac.interactive(`${ADD} -X 61\n`);
  assertEquals(mac.interactive(`${FIND} -l other\n`).code, 0);
  assertEquals(mac.interactive("find-generic-password -s svc -l other\n").code, 44);
});

Deno.test("simulator creates a keychain that is not on the search list", () => {
  const mac = new MacInProcess();
  const create = "create-keychain -p pw /tmp/own.keychain\n";
  assertEquals(mac.interactive(create).code, 0);
  assertEquals(mac.interactive(create).code, 48);
  assertEquals(mac.interactive("list-keychains\n").stdout, `    "${LOGIN_KEYCHAIN}"\n`);
  assertEquals(mac.interactive("delete-keychain /tmp/own.keychain\n").code, 0);
  assertEquals(mac.interactive("unlock-keychain -p pw /tmp/own.keychain\n").code, 50);
});

const ignore = Deno.build.os === "windows";

Deno.test("simulator keeps its state between processes", { ignore }, async () => {
  using mac = new SimulatedMac();
  assertEquals((await mac.run(["-i"], `${ADD} -X 61\n`)).code, 0);
  const args = FIND.split(" ");
  assertEquals((await mac.run([...args, "-w"])).stdout, "a\n");
  assertEquals((await mac.run(["find-generic-password", "-a", "bob", "-s", "svc"])).code, 44);
});

Deno.test("simulator survives writers at the same time, unless it is fragile", {
  ignore,
}, async () => {
  using mac = new SimulatedMac();
  const add = (name: number) => mac.run(["-i"], `add-generic-password -a ${name} -s svc -X 61\n`);
  const codes = await Promise.all([1, 2, 3, 4, 5].map(add));
  assertEquals(codes.map(({ code }) => code), [0, 0, 0, 0, 0]);
  assertEquals(mac.state.keychains[LOGIN_KEYCHAIN]?.items.length, 5);
  mac.change((state) => void (state.fragile = true));
  const fragile = await Promise.all([6, 7, 8, 9].map(add));
  assert(fragile.some(({ code }) => code === 49));
});
