// @environment windows
// @needs tool:parties, tool:git_helpers
//
// The layouts in the Credential Manager, under Wine, with the programs that they are of.

import { openLibraries } from "../../src/backends/windows/calls.ts";
import { WindowsKeyring } from "../../src/backends/windows/backend.ts";
import type { LayoutName } from "../../src/layouts/names.ts";
import { gitHelper } from "../fixtures/credential_helpers.ts";
import { checkLayout, checkMigrations, type Program } from "../fixtures/migrations.ts";
import { windowsLibrary } from "../fixtures/parties.ts";

const FOLDER = Deno.env.get("KEYRING_TEST_GIT_HELPERS");
const ignore = Deno.build.os !== "windows" || !FOLDER;
// Opened outside the tests, because the libraries stay open and the sanitizer would report them.
if (!ignore) openLibraries();

function programs(): Program[] {
  return [
    { party: windowsLibrary("keytar"), layout: "keytar" },
    { party: windowsLibrary("bun"), layout: "bun" },
    { party: windowsLibrary("napi"), layout: "rust" },
    { party: windowsLibrary("napi1"), layout: "rust" },
    { party: gitHelper(`${FOLDER}\\git-credential-wincred.exe`), layout: "git" },
  ];
}

function open(layout: LayoutName): WindowsKeyring {
  return new WindowsKeyring({ layout });
}

Deno.test("each layout in Windows is that of its programs", { ignore }, async () => {
  for (const program of programs()) {
    await using _ = program.party;
    await checkLayout(program, open(program.layout));
  }
});

Deno.test("entries migrate in Windows from each program to each other one", {
  ignore,
}, async () => {
  await using stack = new AsyncDisposableStack();
  const all = programs();
  for (const { party } of all) stack.use(party);
  await checkMigrations(all, open);
});
