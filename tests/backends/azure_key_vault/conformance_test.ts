// @environment linux
// @needs openssl

import { AzureKeyVaultKeyring } from "../../../backends.ts";
import { AzureEmulator } from "../../../dev/azure_emulator/server.ts";
import { testKeyring } from "../../../src/testing/conformance.ts";

// Made outside the tests, because its connections stay and the sanitizer would report them.
const emulator = await AzureEmulator.start();
const token = emulator.tokens.issue();
const keyring = new AzureKeyVaultKeyring({
  vault: "conformance",
  cloud: "AzureCloud",
  client: emulator.client(),
  credential: { getToken: () => Promise.resolve({ token, expiresOnTimestamp: Infinity }) },
});
await keyring.list();

testKeyring("AzureKeyVaultKeyring", () => keyring, {
  // Those of the suite are text, too.
  largestSecret: 25_000,
});
