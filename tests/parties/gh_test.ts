// @environment secret-service
// @needs tool:gh
//
// The GitHub CLI, which keeps its token twice in Go's layout: once without a username.

import { assertEquals } from "@std/assert";
import { SecretServiceKeyring } from "../../src/backends/secret_service/backend.ts";
import { runToEnd } from "../fixtures/command.ts";

const GH = Deno.env.get("KEYRING_TEST_GH") ?? "";
const ignore = GH === "";
const keyring = new SecretServiceKeyring({
  bus: Deno.env.get("DBUS_SESSION_BUS_ADDRESS") ?? "unix:path=/none",
  layout: "go",
});

// Connected outside the tests, because the connection stays and the sanitizer would report it.
if (!ignore) await keyring.list();

/** As much of GitHub as a login asks for. */
function github(): Deno.HttpServer<Deno.NetAddr> {
  const headers = { "X-Oauth-Scopes": "repo, read:org, gist" };
  const viewer = { data: { viewer: { login: "octocat" } } };
  return Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    (request) => Response.json(request.method === "POST" ? viewer : {}, { headers }),
  );
}

Deno.test("the GitHub CLI's token is read, and it reads a new one", { ignore }, async () => {
  await using server = github();
  const folder = await Deno.makeTempDir();
  const gh = async (args: string[], input = "") => {
    const env = { GH_CONFIG_DIR: folder, HTTP_PROXY: `http://127.0.0.1:${server.addr.port}` };
    const { code, out, err } = await runToEnd(GH, args, input, env);
    assertEquals(code, 0, err);
    return out.trim();
  };
  const service = "gh:github.localhost";
  try {
    await gh(["auth", "login", "--hostname", "github.localhost", "--with-token"], "gho_first");
    assertEquals(await keyring.getPassword(service, "octocat"), "gho_first");
    assertEquals(await keyring.getPassword(service, ""), "gho_first");
    assertEquals((await keyring.list({ service })).map(({ username }) => username), [
      "",
      "octocat",
    ]);
    await keyring.setPassword(service, "", "gho_second");
    assertEquals(await gh(["auth", "token", "--hostname", "github.localhost"]), "gho_second");
  } finally {
    for (const username of ["", "octocat"]) {
      await keyring.deletePassword(service, username, { missingOk: true });
    }
    await Deno.remove(folder, { recursive: true });
  }
});
