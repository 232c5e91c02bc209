import { MemoryKeyring } from "../../src/backends/memory.ts";
import { testKeyring } from "../../testing.ts";

testKeyring("MemoryKeyring", () => new MemoryKeyring(), { refusesLarger: false });
