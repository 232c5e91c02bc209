// A worker for another library, in Node.js, Bun or Deno: other.mjs LIBRARY FOLDER

import { readSync, writeSync } from "node:fs";
import process from "node:process";
import { loadLibrary } from "../../dev/rig/other_libraries.mjs";
import { serve } from "./serve.mjs";

const [library, folder] = process.argv.slice(2);

// Under Wine, Node.js cannot tell what its standard input is; elsewhere reading does not block.
function* blocking() {
  const buffer = new Uint8Array(4096);
  while (true) {
    const size = readOnce(buffer);
    if (size === 0) return;
    yield buffer.subarray(0, size);
  }
}

function readOnce(buffer) {
  try {
    return readSync(0, buffer);
  } catch (error) {
    // How Windows tells the end of a pipe.
    if (error.code === "EOF" || error.code === "EPIPE") return 0;
    throw error;
  }
}

await serve(() => loadLibrary(folder, library), {
  requests: process.platform === "win32" ? blocking() : process.stdin,
  write: (bytes) => writeSync(1, bytes),
});

// Some libraries leave something behind that keeps the process running.
process.exit();
