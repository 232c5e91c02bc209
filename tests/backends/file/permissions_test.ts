import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { KeyringError } from "../../../src/errors.ts";
import { probe } from "../../../src/backends/file/backend.ts";
import { runScript } from "../../fixtures/command.ts";
import { TemporaryFile } from "../../support/temporary_file.ts";
import { NO_FILE, Variables } from "../../support/variables.ts";

const AS_USER = new URL("../../support/file_as_user.ts", import.meta.url).href;
const POSIX = { ignore: Deno.build.os === "windows" };
// Only root can give files away, and become somebody else.
const AS_ROOT = { ignore: Deno.build.os === "windows" || Deno.uid() !== 0 };
const USER = 65534;
const GROUP = 12345;

async function problemOf(call: () => Promise<unknown>): Promise<string> {
  return await call().then(() => "", (error: KeyringError) => error.message);
}

/** What the other user is told; empty when it works. */
async function asUser(temporary: TemporaryFile, call: string): Promise<string> {
  const { out, err } = await runScript(AS_USER, ["-A"], [`${USER}`, `${GROUP}`, call], "", {
    KEYRING_FILE: temporary.path,
    KEYRING_FILE_IDENTITY: temporary.identityFile,
  });
  assertEquals(err, "");
  return out.trimEnd();
}

async function give(temporary: TemporaryFile): Promise<void> {
  for (const path of ["", ...await temporary.files()]) {
    await Deno.chown(`${temporary.folder}/${path}`, USER, GROUP);
  }
}

/** Runs the command that the advice names. */
async function follow(message: string): Promise<void> {
  const command = /`(ch[^`]+)`/.exec(message)?.[1];
  assert(command, message);
  const { success } = await new Deno.Command("sh", { args: ["-c", command] }).output();
  assert(success, command);
}

Deno.test(
  "a file, folder, identity or folder above of another user is refused",
  AS_ROOT,
  async () => {
    await using temporary = await TemporaryFile.create();
    const { folder, path, identityFile } = temporary;
    const below = `${folder}/a/b`;
    await Deno.mkdir(below, { recursive: true });
    await temporary.open({ path: `${below}/k.age`, identityFile }).create();
    const cases: [owned: string, file: string][] = [
      [path, path],
      [folder, path],
      [identityFile, path],
      [`${folder}/a`, `${below}/k.age`],
      [below, `${below}/k.age`],
    ];
    for (const [owned, file] of cases) {
      await Deno.chown(owned, USER, GROUP);
      const keyring = temporary.open({ path: file, identityFile });
      for (const call of [() => keyring.list(), () => keyring.setPassword("s", "u", "made-up")]) {
        const message = await problemOf(call);
        assertStringIncludes(message, `another user owns`);
        assertStringIncludes(message, `"${owned}"`);
        assertStringIncludes(message, `uid ${USER}, gid ${GROUP}, mode 0`);
      }
      await follow(await problemOf(() => keyring.list()));
      assertEquals(await problemOf(() => keyring.list()), "", owned);
    }
  },
);

Deno.test(
  "a folder above that others can change is refused, unless it is sticky",
  POSIX,
  async () => {
    await using temporary = await TemporaryFile.empty();
    const { folder, identityFile } = temporary;
    const path = `${folder}/a/b/c/k.age`;
    const keyring = temporary.open({ path, identityFile });
    await Deno.mkdir(`${folder}/a`, { mode: 0o755 });
    await Deno.chmod(`${folder}/a`, 0o775);
    assertStringIncludes(await problemOf(() => keyring.create()), `"${folder}/a", a folder above`);
    // Nothing was made there.
    assertEquals(await Array.fromAsync(Deno.readDir(`${folder}/a`)), []);
    await Deno.chmod(`${folder}/a`, 0o755);
    await keyring.create();
    for (const mode of [0o775, 0o757, 0o2775]) {
      await Deno.chmod(`${folder}/a`, mode);
      const message = await problemOf(() => keyring.list());
      assertStringIncludes(message, mode.toString(8));
      await follow(message);
      assertEquals(await problemOf(() => keyring.list()), "");
    }
    await Deno.chmod(`${folder}/a`, 0o1777);
    assertEquals(await problemOf(() => keyring.list()), "");
    if (AS_ROOT.ignore) return;
    await Deno.chown(`${folder}/a/b`, USER, GROUP);
    assertStringIncludes(await problemOf(() => keyring.list()), `"${folder}/a/b", a folder above`);
    await Deno.rename(`${folder}/a/b`, `${folder}/b`);
    await Deno.chown(`${folder}/b`, 0, 0);
    await Deno.symlink(`${folder}/b`, `${folder}/a/b`);
    assertEquals(await problemOf(() => keyring.list()), "");
    await new Deno.Command("chown", { args: ["-h", `${USER}`, `${folder}/a/b`] }).output();
    const message = await problemOf(() => keyring.list());
    assertStringIncludes(message, `another user owns the link "${folder}/a/b" (uid ${USER}`);
    await follow(message);
    assertEquals(await problemOf(() => keyring.list()), "");
  },
);

Deno.test("each folder that a link leads through is checked", POSIX, async () => {
  await using temporary = await TemporaryFile.create();
  const { folder, path, identityFile } = temporary;
  for (const name of ["open", "links"]) await Deno.mkdir(`${folder}/${name}`, { mode: 0o755 });
  await Deno.symlink("../open/second", `${folder}/links/first`);
  await Deno.symlink(folder, `${folder}/open/second`);
  const byFolder = temporary.open({ path: `${folder}/links/first/keyring.age`, identityFile });
  await Deno.symlink(path, `${folder}/open/keyring.age`);
  const byFile = temporary.open({ path: `${folder}/open/keyring.age`, identityFile });
  await Deno.symlink(identityFile, `${folder}/open/identity`);
  const byIdentity = temporary.open({ path, identityFile: `${folder}/open/identity` });
  for (const keyring of [byFolder, byFile, byIdentity]) {
    assertEquals(await problemOf(() => keyring.list()), "");
  }
  await Deno.chmod(`${folder}/open`, 0o777);
  for (const keyring of [byFolder, byFile, byIdentity]) {
    assertStringIncludes(await problemOf(() => keyring.list()), `chmod go-w ${folder}/open`);
  }
});

Deno.test("an identity that the system delivers as root's is accepted", AS_ROOT, async (t) => {
  const cases: [name: string, gid: number, mode: number, refused: string][] = [
    ["systemd, with an access list", 0, 0o440, ""],
    ["Kubernetes with fsGroup", GROUP, 0o440, ""],
    ["Kubernetes", 0, 0o644, ""],
    ["Docker Swarm", 0, 0o444, ""],
    ["one that its group can change", GROUP, 0o460, "others can change the identity file"],
    ["one that all can change", 0, 0o446, "others can change the identity file"],
  ];
  await using temporary = await TemporaryFile.create();
  await give(temporary);
  const { folder } = temporary;
  // As Kubernetes mounts it.
  const volume = `${folder}/volume`;
  await Deno.mkdir(`${volume}/..data1`, { recursive: true });
  await Deno.chmod(volume, 0o1777);
  await Deno.symlink("..data1", `${volume}/..data`);
  await Deno.symlink("..data/identity", `${volume}/identity`);
  const delivered = `${volume}/..data1/identity`;
  await Deno.copyFile(temporary.identityFile, delivered);
  await Deno.remove(temporary.identityFile);
  await Deno.symlink(`${volume}/identity`, temporary.identityFile);
  for (const [name, gid, mode, refused] of cases) {
    await t.step(name, async () => {
      await Deno.chown(delivered, 0, gid);
      await Deno.chmod(delivered, mode);
      // The other user gets all but systemd's, whose access list is missing here.
      const call = () => mode === 0o440 && gid === 0 ? asRoot() : asUser(temporary, "set");
      const asRoot = () => probeMessage(temporary);
      const message = await call();
      assertEquals(
        message.includes(refused) && (message === "") === (refused === ""),
        true,
        message,
      );
      if (refused === "") return;
      assertStringIncludes(message, `as root with \`chmod go-w`);
      await follow(message);
      assertEquals(await call(), "");
    });
  }
});

/** What stands against it for root, but for that the file is another user's. */
async function probeMessage({ path, identityFile }: TemporaryFile): Promise<string> {
  await Deno.chown(path, 0, 0);
  await Deno.chown(path.replace(/\/[^/]*$/, ""), 0, 0);
  using _ = new Variables({
    ...NO_FILE,
    KEYRING_FILE: path,
    KEYRING_FILE_IDENTITY: identityFile,
  });
  const { reason = "" } = await probe();
  await Deno.chown(path, USER, GROUP);
  await Deno.chown(path.replace(/\/[^/]*$/, ""), USER, GROUP);
  return reason;
}

Deno.test("the advice to another user than root can be followed, too", AS_ROOT, async () => {
  await using temporary = await TemporaryFile.create();
  const { folder, path, identityFile } = temporary;
  await give(temporary);
  const own = () => give(temporary);
  const chown = (path: string, uid: number, mode: number) => async () => {
    await Deno.chown(path, uid, GROUP);
    await Deno.chmod(path, mode);
  };
  const cases: [string, () => Promise<void>, string][] = [
    ["root's file", chown(path, 0, 0o640), `as root with \`chown ${USER} ${path} && chmod 600`],
    ["root's file of mode 600", chown(path, 0, 0o600), `access is denied by "${path}"`],
    ["root's identity of mode 600", chown(identityFile, 0, 0o600), `away as root: \`chown ${USER}`],
    ["a stranger's folder", chown(folder, 4711, 0o755), "take it over as root"],
    ["an identity that others can read", chown(identityFile, USER, 0o604), "with `chmod 600"],
  ];
  for (const [name, change, advice] of cases) {
    await change();
    const message = await asUser(temporary, "list");
    assertStringIncludes(message, advice, name);
    assertStringIncludes(message, `gid ${GROUP}, mode 0`, name);
    await follow(message);
    assertEquals(await asUser(temporary, "list"), "", name);
  }
  await chown(folder, 0, 0o700)();
  assertStringIncludes(
    await asUser(temporary, "set"),
    `as uid ${USER}: access is denied by "${folder}" (uid 0, gid ${GROUP}, mode 0700)`,
  );
  await own();
  assertEquals(await asUser(temporary, "set"), "");
});

Deno.test("a switch turns the checks off, where it may be read, and says so", POSIX, async () => {
  await using temporary = await TemporaryFile.create();
  const { folder, path, identityFile } = temporary;
  for (const name of [folder, path, identityFile]) await Deno.chmod(name, 0o777);
  using _ = new Variables({ ...NO_FILE, KEYRING_FILE: path, KEYRING_FILE_IDENTITY: identityFile });
  for (const value of [undefined, "", "0", "true"]) {
    using _ = new Variables({ KEYRING_FILE_TRUST_PERMISSIONS: value });
    const message = await problemOf(() => temporary.open().list());
    assert(message.endsWith("set KEYRING_FILE_TRUST_PERMISSIONS=1."), message);
  }
  using _trust = new Variables({ KEYRING_FILE_TRUST_PERMISSIONS: "1" });
  assertEquals(await problemOf(() => temporary.open().setPassword("s", "u", "made-up")), "");
  assertEquals(await probe(), {
    viable: true,
    note: "not checked: permissions (KEYRING_FILE_TRUST_PERMISSIONS=1)",
  });
});

const CLI = new URL("../../../cli.ts", import.meta.url).href;

Deno.test("a script that may not read the switch gets the flag for it", POSIX, async () => {
  await using temporary = await TemporaryFile.create();
  const { folder, path, identityFile } = temporary;
  await Deno.chmod(path, 0o644);
  const env = {
    KEYRING_FILE: path,
    KEYRING_FILE_IDENTITY: identityFile,
    KEYRING_FILE_TRUST_PERMISSIONS: "1",
  };
  const flags = [`--allow-read=${folder}`, "--allow-env=KEYRING_FILE,KEYRING_FILE_IDENTITY"];
  const list = ["-b", "file", "list"];
  const { err } = await runScript(CLI, flags, list, "", env);
  const flag = /add (--allow-env=\w+) to the deno command/.exec(err)?.[1];
  assert(flag, err);
  assertEquals(await runScript(CLI, [...flags, flag], list, "", env), {
    code: 0,
    out: "",
    err: "",
  });
});

Deno.test("diagnose tells what is wrong, and what it may not check", POSIX, async () => {
  await using temporary = await TemporaryFile.create();
  const { folder, path, identityFile } = temporary;
  const env = { KEYRING_FILE: path, KEYRING_FILE_IDENTITY: identityFile };
  const names = "--allow-env=KEYRING_FILE,KEYRING_FILE_IDENTITY,KEYRING_FILE_TRUST_PERMISSIONS";
  const line = async (...flags: string[]) => {
    const { out } = await runScript(CLI, [names, ...flags], ["diagnose"], "", env);
    return /^ {2}file .*$/m.exec(out)?.[0] ?? "";
  };
  assert((await line("--allow-read", "--allow-sys=uid")).endsWith("viable"));
  const scoped = await line(`--allow-read=${folder}`);
  assertStringIncludes(scoped, "viable: not checked: owners (without --allow-sys=uid)");
  assertStringIncludes(scoped, "who can change /,");
  await Deno.chmod(identityFile, 0o622);
  assertStringIncludes(await line("--allow-read"), "not viable: others can");
  assertEquals((await temporary.files()).length, 3);
});

Deno.test("without the owners' numbers the modes are checked all the same", AS_ROOT, async () => {
  await using temporary = await TemporaryFile.create();
  const { folder, path, identityFile } = temporary;
  const flags = [`--allow-read=${folder}`, `--allow-write=${folder}`, "--allow-env"];
  const env = { KEYRING_FILE: path, KEYRING_FILE_IDENTITY: identityFile };
  const set = async () =>
    (await runScript(CLI, flags, ["-b", "file", "set", "s", "u"], "made-up", env)).err;
  await Deno.chown(folder, USER, GROUP);
  assertEquals(await set(), "");
  await Deno.chmod(folder, 0o775);
  assertStringIncludes(await set(), "others can change the folder");
  await assertRejects(() => temporary.open().list(), KeyringError);
});
