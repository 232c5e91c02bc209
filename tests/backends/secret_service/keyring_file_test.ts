import { assertEquals } from "@std/assert";
import {
  defaultFileKind,
  type FileKind,
} from "../../../src/backends/secret_service/keyring_file.ts";
import { Variables } from "../../support/variables.ts";

const ENCRYPTED = "GnomeKeyring\n\r\0\n\0\0\0\0";
const PLAIN = "[keyring]\ndisplay-name=Login\n";

async function kindWith(variables: Record<string, string | undefined>): Promise<FileKind> {
  using _ = new Variables(variables);
  return await defaultFileKind();
}

/** The kind that is found in a folder of data with these keyrings. */
async function kindIn(keyrings: Record<string, string>): Promise<FileKind> {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.mkdir(`${folder}/keyrings`);
    for (const [name, text] of Object.entries(keyrings)) {
      await Deno.writeTextFile(`${folder}/keyrings/${name}`, text);
    }
    return await kindWith({ XDG_DATA_HOME: folder });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("defaultFileKind() tells an encrypted keyring from one without a password", async () => {
  assertEquals(await kindIn({ "login.keyring": ENCRYPTED }), "encrypted");
  assertEquals(await kindIn({ "login.keyring": PLAIN }), "plain");
  for (const text of ["", "GnomeKeyring", "x", "[keyringx"]) {
    assertEquals(await kindIn({ "login.keyring": text }), "unknown", text);
  }
  assertEquals(await kindIn({}), "unknown");
});

Deno.test("defaultFileKind() looks at the keyring that is the default", async () => {
  const both = { "login.keyring": ENCRYPTED, "Default_5f.keyring": PLAIN };
  assertEquals(await kindIn({ ...both, "default": "Default_5f\n" }), "plain");
  assertEquals(await kindIn({ ...both, "default": "login" }), "encrypted");
  assertEquals(await kindIn({ ...both, "default": "gone" }), "unknown");
});

Deno.test("defaultFileKind() finds the folder below HOME", async () => {
  const home = await Deno.makeTempDir();
  try {
    await Deno.mkdir(`${home}/.local/share/keyrings`, { recursive: true });
    await Deno.writeTextFile(`${home}/.local/share/keyrings/login.keyring`, PLAIN);
    for (const XDG_DATA_HOME of ["", undefined]) {
      assertEquals(await kindWith({ XDG_DATA_HOME, HOME: home }), "plain");
    }
    const nowhere = { XDG_DATA_HOME: undefined, HOME: undefined };
    assertEquals(await kindWith(nowhere), "unknown");
  } finally {
    await Deno.remove(home, { recursive: true });
  }
});

Deno.test(
  "defaultFileKind() takes a HOME that it may not read for no folder",
  { permissions: { env: ["XDG_DATA_HOME"], read: true } },
  async () => assertEquals(await kindWith({ XDG_DATA_HOME: undefined }), "unknown"),
);

for (
  const permissions of [
    { env: ["HOME"], read: true },
    { env: ["HOME", "XDG_DATA_HOME"], read: false },
    { env: false, read: true },
  ]
) {
  const what = JSON.stringify(permissions);
  Deno.test(
    `defaultFileKind() asks for no permission beyond ${what}`,
    { permissions },
    async () => {
      assertEquals(await defaultFileKind(), "unknown");
    },
  );
}
