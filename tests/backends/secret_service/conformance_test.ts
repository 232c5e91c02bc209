// @environment secret-service
//
// The contract, on the gnome-keyring of a private session (dev/secret_service_session.sh).

import { DEFAULT_PROGRAM, SecretTool } from "../../../src/backends/secret_service/secret_tool.ts";
import { SecretToolBackend } from "../../../src/backends/secret_service/secret_tool_backend.ts";
import { StoreKeyring, testKeyring } from "../../../testing.ts";
import { isPrivateSession } from "../../fixtures/private_session.ts";

// A smaller limit than that of SecretServiceKeyring, because each part costs three processes.
class SmallBackend extends SecretToolBackend {
  override readonly maxLargeSecretBytes: number = 30_000;
}

testKeyring("SecretServiceKeyring", () => {
  const tool = new SecretTool(DEFAULT_PROGRAM, 60_000);
  return new StoreKeyring(new SmallBackend(tool, "Python keyring library"));
}, { largestSecret: 30_000, ignore: !isPrivateSession() });
