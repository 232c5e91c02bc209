// @environment windows
// @needs tool:windows_python
//
// Python's keyring and this library on the Credential Manager of Windows itself. What Python leaves
// there for a second user is in tests/backends/windows/entries_test.ts.

import { WindowsKeyring } from "../../src/backends/windows/backend.ts";
import { openLibraries } from "../../src/backends/windows/calls.ts";
import { checkEveryPair } from "../fixtures/every_pair.ts";
import { ours, windowsPython } from "../fixtures/parties.ts";
import { NOT_ON_WINE } from "../fixtures/windows.ts";

// Opened outside the tests, because the libraries stay open and the sanitizer would report them.
if (!NOT_ON_WINE.ignore) openLibraries();

Deno.test("in Windows, whoever of Python and us writes, both read", NOT_ON_WINE, async () => {
  await using python = windowsPython();
  await checkEveryPair(ours(new WindowsKeyring()), [python]);
});
