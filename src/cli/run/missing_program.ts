import { lookUp, mayRead } from "../../lib/environment.ts";

/** Why nothing can be started, and the exit code that shells use for it. */
export interface Missing {
  reason: string;
  exitCode: 126 | 127;
}

/** Explains that the system found no program, which it also reports for a script's interpreter. */
export function explainMissing(program: string, os = Deno.build.os): Missing {
  const nothing: Missing = { reason: "there is no such program", exitCode: 127 };
  if (os === "windows") return nothing;
  const places = placesOf(program);
  for (const path of places ?? []) {
    const start = readStart(path);
    if (start !== undefined) return { reason: explainInterpreter(start), exitCode: 126 };
  }
  if (places?.every(mayRead)) return nothing;
  return {
    reason:
      "there is no such program, or the interpreter that its first line names is missing, as " +
      "for a script whose lines end with CRLF",
    exitCode: 127,
  };
}

function placesOf(program: string): string[] | undefined {
  if (program.includes("/")) return [program];
  const path = lookUp("PATH");
  if (path.state !== "set") return undefined;
  return path.value.split(":").map((folder) => `${folder || "."}/${program}`);
}

function explainInterpreter(start: string): string {
  const [first = ""] = start.split("\n");
  if (!first.startsWith("#!")) return "the interpreter or dynamic linker that it names is missing";
  if (!first.endsWith("\r")) return "the interpreter that its first line names is missing";
  return "its first line ends with CRLF, the line break of Windows, so that no interpreter has the " +
    "name that it gives. Save it with LF";
}

/** The beginning of a file; `undefined` if it does not exist or may not be read. */
function readStart(path: string): string | undefined {
  if (!mayRead(path)) return undefined;
  try {
    if (!Deno.statSync(path).isFile) return undefined;
    using file = Deno.openSync(path);
    const buffer = new Uint8Array(256);
    const length = file.readSync(buffer) ?? 0;
    return new TextDecoder("latin1").decode(buffer.subarray(0, length));
  } catch {
    return undefined;
  }
}
