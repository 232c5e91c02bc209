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
    return napi(require("@napi-rs/keyring"));
  },
  // In Windows, only its binary was fetched.
  napi1(require) {
    const isWindows = globalThis.process.platform === "win32";
    return napi(require(isWindows ? "napi1/keyring.win32-x64-msvc.node" : "napi1"));
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

function napi({ AsyncEntry, Entry, findCredentials }) {
  return {
    get: (service, username) => new Entry(service, username).getPassword(),
    set: (service, username, password) => new Entry(service, username).setPassword(password),
    remove: (service, username) => new Entry(service, username).deletePassword(),
    getAsync: (service, username) => new AsyncEntry(service, username).getPassword(),
    list: (service) => findCredentials(service),
  };
}

/** Loads a library from the folder that `fetchParties()` made. */
export function loadLibrary(folder, library) {
  return Promise.resolve(LIBRARIES[library](createRequire(`${folder}/package.json`)));
}
