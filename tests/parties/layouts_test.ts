// @environment secret-service
// @needs tool:libraries, tool:keyring25, tool:go_keyring, tool:git_helpers, node (nodejs), python3:keyring (python3-keyring), secret-tool (libsecret-tools), docker-credential-secretservice (golang-docker-credential-helpers)
//
// The layouts on one Secret Service, with the programs that they are of.

import { SecretServiceKeyring } from "../../src/backends/secret_service/backend.ts";
import { LAYOUT_NAMES, type LayoutName } from "../../src/layouts/names.ts";
import { dockerHelper, gitHelper, goKeyring } from "../fixtures/credential_helpers.ts";
import { checkLayout, checkMigrations, type Program } from "../fixtures/migrations.ts";
import { library, python, secretToolParty } from "../fixtures/parties.ts";

const ignore = Deno.env.get("KEYRING_TEST_SECRET_SERVICE") !== "1";
const bus = Deno.env.get("DBUS_SESSION_BUS_ADDRESS") ?? "unix:path=/none";
const keyrings = new Map(LAYOUT_NAMES.map((layout) => {
  return [layout, new SecretServiceKeyring({ bus, layout })];
}));

function open(layout: LayoutName): SecretServiceKeyring {
  return keyrings.get(layout) as SecretServiceKeyring;
}

// Connected outside the tests, because the connection stays and the sanitizer would report it.
if (!ignore) await open("python").list();

function programs(): Program[] {
  const helpers = Deno.env.get("KEYRING_TEST_GIT_HELPERS");
  return [
    { party: python("debian", "SecretService.Keyring"), layout: "python" },
    { party: python("25", "SecretService.Keyring"), layout: "python" },
    { party: secretToolParty(), layout: "python" },
    { party: library("keytar"), layout: "keytar" },
    { party: library("bun"), layout: "bun" },
    { party: library("napi"), layout: "rust" },
    { party: library("napi1"), layout: "rust" },
    { party: library("cross-keychain"), layout: "rust", isPlain: true },
    { party: goKeyring(), layout: "go" },
    { party: gitHelper(`${helpers}/git-credential-libsecret`), layout: "git" },
    { party: dockerHelper("/usr/bin/docker-credential-secretservice"), layout: "docker" },
  ];
}

Deno.test("each layout in the Secret Service is that of its programs", { ignore }, async () => {
  for (const program of programs()) {
    await using _ = program.party;
    await checkLayout(program, open(program.layout));
  }
});

Deno.test("entries migrate from each program to each other one", { ignore }, async () => {
  await using stack = new AsyncDisposableStack();
  const all = programs();
  for (const { party } of all) stack.use(party);
  await checkMigrations(all, open);
});
