// Stores the texts of stdin over D-Bus, each under a name that is as odd, or reads them.

import { SecretServiceKeyring } from "../../src/backends/secret_service/backend.ts";

const [bus = "", service = "", what = ""] = Deno.args;
const texts: string[] = await new Response(Deno.stdin.readable).json();
await using keyring = new SecretServiceKeyring({ bus });
const found: (string | null)[] = [];
for (const text of texts) {
  const username = `user\n\\ ${text}`;
  if (what === "set") await keyring.setPassword(service, username, text);
  else found.push(await keyring.getPassword(service, username));
}
console.log(JSON.stringify(found));
