// @ts-self-types="./other_libraries.d.mts"

// The other keyring libraries under one set of names, for Node.js, Bun and Deno.

import { createRequire } from "node:module";

const LIBRARIES = {
  keytar(require) {
    const keytar = require("@github/keytar");
    return {
      get: (service, username) => keytar.getPassword(service, username),
      set: (service, username, password) => keytar.setPassword(service, username, password),
      remove: (service, username) => keytar.deletePassword(service, username),
      list: (service) => keytar.findCredentials(service),
    };
  },
  napi(require) {
    const { AsyncEntry, Entry, findCredentials } = require("@napi-rs/keyring");
    return {
      get: (service, username) => new Entry(service, username).getPassword(),
      set: (service, username, password) => new Entry(service, username).setPassword(password),
      remove: (service, username) => new Entry(service, username).deletePassword(),
      getAsync: (service, username) => new AsyncEntry(service, username).getPassword(),
      list: (service) => findCredentials(service),
    };
  },
  "cross-keychain"(require) {
    const keychain = require("cross-keychain");
    return {
      get: (service, username) => keychain.getPassword(service, username),
      set: (service, username, password) => keychain.setPassword(service, username, password),
      remove: (service, username) => keychain.deletePassword(service, username),
    };
  },
  bun() {
    const { secrets } = globalThis.Bun;
    return {
      get: (service, name) => secrets.get({ service, name }),
      set: (service, name, value) => secrets.set({ service, name, value }),
      remove: (service, name) => secrets.delete({ service, name }),
    };
  },
};

/** Loads a library from the folder that `fetchParties()` made. */
export function loadLibrary(folder, library) {
  return Promise.resolve(LIBRARIES[library](createRequire(`${folder}/package.json`)));
}
