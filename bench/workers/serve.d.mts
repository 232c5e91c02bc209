import type { OtherLibrary } from "../../dev/rig/other_libraries.mjs";

/** How a worker reads requests and writes answers. */
export interface Pipes {
  requests: AsyncIterable<Uint8Array>;
  write(bytes: Uint8Array): unknown;
}

/** Says how long loading the library took, then answers requests until `exit`. */
export function serve(load: () => Promise<OtherLibrary>, pipes: Pipes): Promise<void>;
