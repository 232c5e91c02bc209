// @environment secret-service
//
// The contract, on the gnome-keyring of a private session (dev/secret_service_session.sh).

import { SecretServiceKeyring } from "../../../src/backends/secret_service/backend.ts";
import { LONGEST_SECRET } from "../../../src/backends/secret_service/secret_tool.ts";
import { testKeyring } from "../../../testing.ts";

testKeyring("SecretServiceKeyring", () => new SecretServiceKeyring(), {
  largestSecret: LONGEST_SECRET,
  ignore: Deno.env.get("KEYRING_TEST_SECRET_SERVICE") !== "1",
});
