// The smallest script that reads a password with @napi-rs/keyring: napi.mjs FOLDER SERVICE USERNAME

import { writeSync } from "node:fs";
import { createRequire } from "node:module";
import process from "node:process";

const [folder, service, username] = process.argv.slice(2);
const { Entry } = createRequire(`${folder}/package.json`)("@napi-rs/keyring");
writeSync(1, `${new Entry(service, username).getPassword()}`);
