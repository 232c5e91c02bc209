import type { EncryptedFileOptions } from "../backends/file/encrypted_file.ts";
import type { LogonReport } from "../backends/windows/logon.ts";
import { describeStores, loadKeyring } from "../choose.ts";
import type { Context, EncryptedFile, Manager } from "./command.ts";
import { writeAll } from "./output.ts";
import { chooseForCommand } from "./sources.ts";

export function processContext(): Context {
  return {
    stdin: Deno.stdin,
    writeOut: (bytes) => writeAll(Deno.stdout, bytes),
    writeErr: (bytes) => writeAll(Deno.stderr, bytes),
    prompt: async (...args) => (await import("./prompt.ts")).promptPassword(...args),
    promptElsewhere: async (...args) =>
      (await import("./prompt_elsewhere.ts")).promptElsewhere(...args),
    choose: chooseForCommand,
    load: loadKeyring,
    describeStores,
    manager: openManager,
    encryptedFile: openFile,
    describeLogon,
    columns: () => terminalColumns(Deno.stdout),
    outIsTerminal: () => Deno.stdout.isTerminal(),
    errColumns: () => terminalColumns(Deno.stderr),
    runProgram: async (...args) => (await import("./run/program.ts")).runProgram(...args),
    os: Deno.build.os,
  };
}

// Loaded only when they are used: most calls are a get, which takes less time than loading them.
async function openManager(): Promise<Manager> {
  const { CredentialManager } = await import("../backends/windows/manager.ts");
  return new CredentialManager();
}

async function describeLogon(): Promise<LogonReport> {
  return (await import("../backends/windows/logon.ts")).describeLogon();
}

async function openFile(options: EncryptedFileOptions): Promise<EncryptedFile> {
  const { EncryptedFileKeyring } = await import("../backends/file/backend.ts");
  return new EncryptedFileKeyring(options);
}

function terminalColumns(output: { isTerminal(): boolean }): number | undefined {
  if (!output.isTerminal()) return undefined;
  try {
    // Some terminals do not know their size and report 0.
    return Deno.consoleSize().columns || undefined;
  } catch {
    return undefined;
  }
}
