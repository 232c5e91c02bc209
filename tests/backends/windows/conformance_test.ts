// @environment windows

import { testKeyring } from "../../../testing.ts";
import { WindowsKeyring } from "../../../src/backends/windows/backend.ts";
import { openLibraries } from "../../../src/backends/windows/calls.ts";

const ignore = Deno.build.os !== "windows";
// Opened outside the tests, because the libraries stay open and the sanitizer would report them.
if (!ignore) openLibraries();

testKeyring("WindowsKeyring", () => new WindowsKeyring({ persistence: "session" }), {
  largestSecret: 42_000,
  ignore,
});
