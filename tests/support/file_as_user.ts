// Uses an encrypted file as another user, which root becomes once everything is loaded: that user
// may not be able to read the modules.

import { newIdentity } from "../../src/backends/file/age.ts";
import { EncryptedFileKeyring } from "../../file.ts";
import { probe } from "../../src/backends/file/backend.ts";

const [uid = "", gid = "", call = ""] = Deno.args;

function becomeUser(): void {
  const library = Deno.build.os === "darwin" ? "libSystem.dylib" : "libc.so.6";
  const libc = Deno.dlopen(library, {
    setgroups: { parameters: ["usize", "pointer"], result: "i32" },
    setgid: { parameters: ["u32"], result: "i32" },
    setuid: { parameters: ["u32"], result: "i32" },
  });
  const { setgroups, setgid, setuid } = libc.symbols;
  const results = [setgroups(0n, null), setgid(Number(gid)), setuid(Number(uid))];
  libc.close();
  if (results.some((result) => result !== 0) || Deno.uid() !== Number(uid)) {
    throw new Error("Cannot become another user");
  }
}

await newIdentity();
becomeUser();
const keyring = new EncryptedFileKeyring();
try {
  if (call === "create") await keyring.create();
  else if (call === "set") await keyring.setPassword("s", "u", "made-up");
  else if (call === "probe") {
    const { reason, note } = await probe();
    throw new Error(reason ?? note);
  } else await keyring.list();
} catch (error) {
  console.log(error instanceof Error ? error.message : error);
}
