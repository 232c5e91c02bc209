// @environment secret-service
//
// Hostile names on a real daemon, in a private session only:
// dev/secret_service_session.sh deno test -A tests/backends/secret_service/hostile_test.ts

import { DEFAULT_PROGRAM } from "../../../src/backends/secret_service/secret_tool.ts";
import { SecretServiceKeyring } from "../../../src/backends/secret_service/backend.ts";
import { checkHostileNames } from "../../fixtures/hostile_names.ts";
import { isPrivateSession } from "../../fixtures/private_session.ts";

const ignore = !isPrivateSession();

Deno.test({ name: "a real Secret Service keeps or refuses hostile names", ignore }, async () => {
  await checkHostileNames(
    new SecretServiceKeyring({ secretTool: DEFAULT_PROGRAM, timeoutMs: 20_000 }),
  );
});
