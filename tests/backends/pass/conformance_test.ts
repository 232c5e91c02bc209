// @environment linux
// @needs gpg (gnupg), git

import { testKeyring } from "../../../src/testing/conformance.ts";
import { Keys, Store } from "./store.ts";

const ignore = Deno.build.os !== "linux";

const keys = ignore ? undefined : await Keys.create();
await keys?.add("alice");

// Without git it does the same, and leaves out the commits.
testKeyring("PassKeyring", async () => {
  if (!keys) throw new TypeError("ignored");
  const store = await Store.create(keys, "alice");
  globalThis.addEventListener("unload", () => Deno.removeSync(store.parent, { recursive: true }));
  await store.init();
  return store.keyring;
}, { ignore });

globalThis.addEventListener("unload", () => {
  if (!keys) return;
  new Deno.Command("gpgconf", { args: ["--homedir", keys.home, "--kill", "gpg-agent"] })
    .outputSync();
  Deno.removeSync(keys.home, { recursive: true });
});
