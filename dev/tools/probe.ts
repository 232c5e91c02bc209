import { buildProgram } from "../rig/probe.ts";

/** Builds the C program that calls the Credential Manager without this library. */
export default async function prepare(): Promise<{ folder: string; path: string }> {
  const folder = await buildProgram("dev/probe/credential_probe.c");
  return { folder, path: "credential_probe.exe" };
}
