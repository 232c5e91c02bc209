// @environment linux
// @needs dbus-run-session (dbus), gnome-keyring-daemon (gnome-keyring)
//
// The private sessions start nothing of the machine's: no wallet of KDE's, no second keyring.

import { assert, assertEquals } from "@std/assert";

const DEV = decodeURIComponent(new URL("../../dev/", import.meta.url).pathname);

/** Runs a script where folders of services offer a program that leaves a mark. */
async function underServices(program: (script: string) => string[]) {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.mkdir(`${folder}/dbus-1/services`, { recursive: true });
    for (const name of ["org.kde.kwalletd6", "org.freedesktop.secrets"]) {
      const service = `[D-BUS Service]\nName=${name}\nExec=/bin/touch ${folder}/activated\n`;
      await Deno.writeTextFile(`${folder}/dbus-1/services/${name}.service`, service);
    }
    const ask = "dbus-send --session --print-reply --reply-timeout=1500 --dest=";
    const script = `
      ${ask}org.kde.kwalletd6 / org.freedesktop.DBus.Peer.Ping 2>/dev/null && echo answered
      ${ask}org.freedesktop.DBus / org.freedesktop.DBus.ListActivatableNames`;
    const [command = "", ...args] = program(script);
    const { stdout } = await new Deno.Command(command, {
      args,
      env: { XDG_DATA_DIRS: folder, XDG_DATA_HOME: folder, XDG_RUNTIME_DIR: folder },
      stdin: "null",
      stderr: "null",
    }).output();
    const activated = await Deno.stat(`${folder}/activated`).then(() => true, () => false);
    const text = new TextDecoder().decode(stdout);
    const names = [...text.matchAll(/string "(.*)"/g)].map(([, name]) => name).sort();
    return { activated, names, answered: text.includes("answered") };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("an ordinary session bus starts what the machine offers", async () => {
  const { activated, names } = await underServices((script) => {
    return ["dbus-run-session", "--", "sh", "-c", script];
  });
  assert(activated && names.includes("org.kde.kwalletd6"), names.join());
});

for (const script of ["private_bus.sh", "secret_service_session.sh"]) {
  Deno.test(`the bus of ${script} starts nothing of the machine's`, async () => {
    assertEquals(await underServices((text) => [`${DEV}${script}`, "sh", "-c", text]), {
      activated: false,
      answered: false,
      names: [
        "org.freedesktop.DBus",
        "org.gnome.keyring.PrivatePrompter",
        "org.gnome.keyring.SystemPrompter",
      ],
    });
  });
}
