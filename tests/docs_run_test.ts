// @needs dbus-daemon (dbus), gnome-keyring-daemon (gnome-keyring)
//
// The command lines of the documents, run as they stand there on a machine of their own. The programs of
// others, such as ssh and npm, do nothing; ours and Deno are real.

import { assert, assertEquals } from "@std/assert";
import { Machine, noMachine } from "./support/machine.ts";
import { blocksOf, commandLines, readDocument, SYSTEM } from "./support/markdown.ts";

const ignore = noMachine || SYSTEM !== "Linux";

const DOCUMENTS = [
  "getting-started",
  "permissions",
  "large-secrets",
  "import-export",
  "encrypted-file",
  "linux",
  "macos",
  "python",
  "faq",
];

const OTHER_PROGRAMS = ["age", "apt-get", "dbus-run-session", "docker", "make", "npm", "pip"]
  .concat(["secret-tool", "security", "ssh", "twine", "uv"]);

const FILES: Record<string, string> = {
  "main.ts": 'console.log("main");',
  "client.p12": "\x01\x02",
  "export.csv": "url,login,pass,notes\nhttps://example.com,alice,s3cret,none\n",
  "entries.csv": "service,username,password\nmy_app,carol,s3cret\n",
};

const RECIPIENT = "age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj";
const OTHER_RECIPIENT = "age1lggyhqrw2nlhcxprm67z43rta597azn8gknawjehu9d9dl0jq3yqqvfafg";

/** What is typed at a prompt comes from a pipe, and lines of a terminal from nowhere. */
const PRELUDE = `set -euo pipefail
keyring() {
  if [[ " $* " == *" set "* && /dev/stdin -ef /dev/null ]]; then
    echo s3cret | command keyring "$@"
  else
    command keyring "$@"
  fi
}
rm -rf "$HOME/data/os-keyring" "$HOME/.config/keyring.key"* alice.key* backup.jsonl
exec </dev/null
`;

async function prepare(machine: Machine): Promise<void> {
  await Deno.mkdir(`${machine.folder}/root/bin`, { recursive: true });
  await Deno.mkdir(`${machine.env.HOME}/.config`, { recursive: true });
  await Deno.mkdir(`${machine.folder}/data`, { mode: 0o700 });
  for (const [name, text] of Object.entries(FILES)) await machine.write(name, text);
  for (const name of OTHER_PROGRAMS) {
    // It reads what is piped into it, so that the writer does not fail.
    await machine.write(`root/bin/${name}`, "#!/bin/sh\nexec cat >/dev/null\n", { mode: 0o755 });
  }
  const install = "deno install -gf -A -n keyring jsr:@os-keyring/keyring@^0.1/cli";
  assertEquals((await machine.run(install)).code, 0);
}

for (const name of DOCUMENTS) {
  Deno.test(`the command lines of docs/${name}.md run`, { ignore }, async () => {
    await using machine = await Machine.start();
    await prepare(machine);
    Object.assign(machine.env, {
      KEYRING_FILE_PASSPHRASE: "correct horse battery staple made up",
      PASSWORD: "s3cret",
      RUNNER_TEMP: machine.folder,
    });
    let count = 0;
    for (const block of blocksOf(await readDocument(`docs/${name}.md`))) {
      if (block.language !== "sh" && block.language !== "bash") continue;
      const script = commandLines(block).join("\n")
        .replaceAll("--add age1...", `--add ${OTHER_RECIPIENT}`)
        .replaceAll("age1...", RECIPIENT)
        .replaceAll("-c deno.json cli.ts", "jsr:@os-keyring/keyring@^0.1/cli");
      const { code, err } = await machine.run(`${PRELUDE}${script}`);
      assertEquals(code, 0, `line ${block.line}: ${script}\n${err}`);
      count++;
    }
    assert(count > 0);
  });
}
