// @environment windows

import { testKeyring } from "../../../testing.ts";
import { WindowsKeyring } from "../../../src/backends/windows/backend.ts";
import { MAX_BLOB_BYTES } from "../../../src/backends/windows/structs.ts";
import { openLibraries } from "../../../src/backends/windows/libraries.ts";

const ignore = Deno.build.os !== "windows";
// Opened outside the tests, because the libraries stay open and the sanitizer would report them.
if (!ignore) openLibraries();

testKeyring("WindowsKeyring", () => new WindowsKeyring({ persistence: "session" }), {
  largestSecret: MAX_BLOB_BYTES,
  largestPassword: MAX_BLOB_BYTES / 2,
  ignore,
});
