// The smallest script that reads a password with Bun.secrets: bun.mjs FOLDER SERVICE USERNAME

import { writeSync } from "node:fs";
import process from "node:process";

const [, service, name] = process.argv.slice(2);
writeSync(1, `${await globalThis.Bun.secrets.get({ service, name })}`);
