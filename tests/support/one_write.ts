// A process that replaces one secret through a secret-tool of the caller's choice.

import { SecretServiceKeyring } from "../../src/backends/secret_service/backend.ts";

const [secretTool = "", service = "", username = "", password = ""] = Deno.args;
await new SecretServiceKeyring({ secretTool }).setPassword(service, username, password);
