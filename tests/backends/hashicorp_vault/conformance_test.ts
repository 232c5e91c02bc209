// @environment openbao

import { HashiCorpVaultKeyring } from "../../../backends.ts";
import { testKeyring } from "../../../src/testing/conformance.ts";

const ignore = Deno.env.get("KEYRING_TEST_OPENBAO") === undefined;

// Made outside the tests, because its connections stay and the sanitizer would report them.
const keyring = new HashiCorpVaultKeyring();
if (!ignore) await keyring.list();

testKeyring("HashiCorpVaultKeyring", () => keyring, { ignore, largestSecret: 750_000 });

const fields = new HashiCorpVaultKeyring({ path: "fields/{service}#{username}" });
if (!ignore) await fields.list();

testKeyring("HashiCorpVaultKeyring with a field per username", () => fields, {
  ignore,
  largestSecret: 750_000,
});

const folders = new HashiCorpVaultKeyring({ path: "folders/{+service}/secrets/{username}" });
if (!ignore) await folders.list();

testKeyring("HashiCorpVaultKeyring with services in folders", () => folders, {
  ignore,
  largestSecret: 750_000,
});
