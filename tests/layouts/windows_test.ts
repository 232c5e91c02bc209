// The layouts in Windows: credentials as their programs write them, byte for byte, in a memory that
// also keeps the attributes, which Wine loses.

import { assertEquals, assertRejects } from "@std/assert";
import { WindowsKeyring } from "../../src/backends/windows/backend.ts";
import {
  deleteCredential,
  enumerateCredentials,
  openLibraries,
  readCredential,
  writeCredential,
} from "../../src/backends/windows/calls.ts";
import { encodeUtf16, type StoredCredential } from "../../src/backends/windows/structs.ts";
import { KeyringError, SecretTooLargeError } from "../../src/errors.ts";
import type { LayoutName } from "../../src/layouts/layout.ts";
import { LAYOUT_NAMES } from "../../src/layouts/names.ts";
import { PYTHON_COMMENT } from "../../src/layouts/python.ts";
import { migrate } from "../../src/migrate.ts";
import { FakeWindows } from "../fixtures/fake_windows.ts";

new FakeWindows();
openLibraries();

function test(name: string, run: () => void | Promise<void>): void {
  Deno.test(`in Windows, ${name}`, async () => {
    try {
      await run();
    } finally {
      for (const { target } of enumerateCredentials()) deleteCredential(target);
    }
  });
}

interface Row {
  layout: LayoutName;
  service: string;
  username: string;
  text: string;
  target: string;
  comment?: string | null;
  targetAlias?: string;
  persist: number;
  /** The blob in hexadecimal. */
  hex: string;
  attributes?: { keyword: string; flags: number; value: Uint8Array }[];
}

const ascii = (text: string) => new TextEncoder().encode(text);
const wideHex = (text: string) => encodeUtf16(text).toHex();
const DOCKER_LABEL = [{ keyword: "label", flags: 0, value: ascii("Docker Credentials") }];

// As the programs themselves wrote them.
const ROWS: Row[] = [
  {
    layout: "keytar",
    service: "ke-svc",
    username: "alice",
    text: "pässword1",
    target: "ke-svc/alice",
    comment: null,
    persist: 3,
    hex: "70c3a47373776f726431",
  },
  {
    layout: "keytar",
    service: "ke-https://例え.jp/x",
    username: "ünï@b:c",
    text: "pw🔑",
    target: "ke-https://例え.jp/x/ünï@b:c",
    comment: null,
    persist: 3,
    hex: "7077f09f9491",
  },
  {
    layout: "keytar",
    service: "ke-a/b",
    username: "c",
    text: "slash2",
    target: "ke-a/b/c",
    comment: null,
    persist: 3,
    hex: "736c61736832",
  },
  {
    layout: "bun",
    service: "bu-svc",
    username: "alice",
    text: "pässword1",
    target: "bu-svc/alice",
    comment: null,
    persist: 3,
    hex: "70c3a47373776f726431",
  },
  {
    layout: "rust",
    service: "na-svc",
    username: "alice",
    text: "pässword1",
    target: "alice.na-svc",
    comment: "",
    targetAlias: "",
    persist: 3,
    hex: "7000e4007300730077006f00720064003100",
  },
  {
    layout: "rust",
    service: "na-svc",
    username: "",
    text: "emptyuser",
    target: ".na-svc",
    comment: "",
    targetAlias: "",
    persist: 3,
    hex: wideHex("emptyuser"),
  },
  {
    layout: "rust",
    service: "na-y",
    username: "z.x",
    text: "dots",
    target: "z.x.na-y",
    comment: "",
    targetAlias: "",
    persist: 3,
    hex: wideHex("dots"),
  },
  {
    layout: "go",
    service: "go-svc",
    username: "alice",
    text: "pässword1",
    target: "go-svc:alice",
    comment: "",
    persist: 2,
    hex: "70c3a47373776f726431",
  },
  {
    layout: "go",
    service: "gh:github.com",
    username: "",
    text: "gho_active",
    target: "gh:github.com:",
    comment: "",
    persist: 2,
    hex: "67686f5f616374697665",
  },
  {
    layout: "go",
    service: "go-a:b",
    username: "c",
    text: "colon2",
    target: "go-a:b:c",
    comment: "",
    persist: 2,
    hex: "636f6c6f6e32",
  },
  {
    layout: "git",
    service: "git:https://git.example.com",
    username: "alice",
    text: "pässword1",
    target: "git:https://alice@git.example.com",
    comment: "saved by git-credential-wincred",
    persist: 2,
    hex: wideHex("pässword1"),
  },
  {
    layout: "git",
    service: "git:https://git.example.com:8443/team/a.git",
    username: "bob@corp",
    text: "tok\npassword_expiry_utc=1999999999\noauth_refresh_token=refr",
    target: "git:https://bob@corp@git.example.com:8443/team/a.git",
    comment: "saved by git-credential-wincred",
    persist: 2,
    hex: wideHex("tok\r\noauth_refresh_token=refr"),
    attributes: [{
      keyword: "git_password_expiry_utc",
      flags: 0,
      value: encodeUtf16("1999999999"),
    }],
  },
  {
    layout: "docker",
    service: "https://index.docker.io/v1/",
    username: "alice",
    text: "pässword1",
    target: "https://index.docker.io/v1/",
    comment: "",
    targetAlias: "",
    persist: 2,
    hex: "70c3a47373776f726431",
    attributes: DOCKER_LABEL,
  },
];

function write(row: Row): void {
  const { username: userName, hex, comment = null, ...fields } = row;
  writeCredential({ ...fields, userName, comment, blob: Uint8Array.fromHex(hex) });
}

function lookAt(target: string): Omit<StoredCredential, "lastWritten"> {
  const { lastWritten: _, ...found } = readCredential(target) ?? {} as StoredCredential;
  return found;
}

for (const row of ROWS) {
  const { layout, service, username, text, target } = row;
  const keyring = new WindowsKeyring({ layout });

  test(`the layout "${layout}" reads ${target}`, async () => {
    write(row);
    assertEquals(await keyring.getPassword(service, username), text);
    assertEquals(await keyring.getPasswordOrSecret?.(service, username), text);
    const listed = (await keyring.list()).map(({ service, username }) => [service, username]);
    assertEquals(listed, [[service, username]]);
    assertEquals((await keyring.list({ service })).length, 1);
    assertEquals(await keyring.getCredential(service), { username, password: text });
    assertEquals(
      await keyring.locate?.(service, username),
      [`windows:${target.toUpperCase()}`]
        .map((place) => place.replace("WINDOWS", "windows")),
    );
    await keyring.deletePassword(service, username);
    assertEquals(enumerateCredentials(), []);
  });

  test(`the layout "${layout}" writes ${target}`, async () => {
    write(row);
    const expected = lookAt(target);
    deleteCredential(target);
    await keyring.setPassword(service, username, text);
    assertEquals(lookAt(target), expected);
    assertEquals(enumerateCredentials().length, 1);
  });

  test(`an update in the layout "${layout}" keeps the owner's fields of ${target}`, async () => {
    const kept = { keyword: "kept", flags: 0, value: ascii("1") };
    const attributes = [kept, ...row.attributes ?? []];
    const comment = layout === "git" ? "saved by git-credential-wincred" : "of the owner";
    write({ ...row, comment, persist: 1, targetAlias: "alias", attributes });
    await keyring.setPassword(service, username, "new");
    const found = lookAt(target);
    assertEquals([found.comment, found.persist, found.targetAlias], [comment, 1, "alias"]);
    assertEquals(found.attributes[0], kept);
    assertEquals(await keyring.getPassword(service, username), "new");
  });
}

test("the layouts take no credential of another program", async () => {
  for (const row of ROWS) write(row);
  for (const layout of ["keytar", "rust", "go", "git", "docker"] as const) {
    const keyring = new WindowsKeyring({ layout });
    const found = (await keyring.list()).map(({ service, username }) => `${service} ${username}`);
    // Bun's are keytar's.
    const own = ROWS.filter((row) =>
      row.layout === layout ||
      layout === "keytar" && row.layout === "bun"
    );
    assertEquals(
      found,
      own.map(({ service, username }) => `${service} ${username}`).sort(),
      layout,
    );
  }
});

test("what Python or this library stored is another program's", async () => {
  for (const comment of ["Stored using python-keyring", "Stored using os-keyring"]) {
    const [keytar, rust] = (["keytar", "rust"] as const).map((layout) =>
      new WindowsKeyring({ layout })
    );
    for (const [keyring, target] of [[keytar, "svc/alice"], [rust, "alice.svc"]] as const) {
      writeCredential({ target, userName: "alice", comment, persist: 2, blob: encodeUtf16("pw") });
      assertEquals(await keyring?.getPassword("svc", "alice"), null);
      assertEquals(await keyring?.list(), []);
      await assertRejects(
        async () => await keyring?.setPassword("svc", "alice", "new"),
        KeyringError,
        "is taken by the entry",
      );
      assertEquals(lookAt(target).blob, encodeUtf16("pw"));
    }
  }
});

test("Git Credential Manager's credential is read, updated where it is, and deleted", async () => {
  const git = new WindowsKeyring({ layout: "git" });
  const target = "git:https://github.com";
  writeCredential({
    target,
    userName: "alice",
    comment: null,
    persist: 2,
    blob: encodeUtf16("of GCM"),
  });
  assertEquals(await git.getPassword(target, "alice"), "of GCM");
  assertEquals((await git.list()).length, 1);
  await git.setPassword(target, "alice", "new");
  await git.setPassword(target, "bob", "b");
  const targets = enumerateCredentials().map(({ target }) => target).sort();
  assertEquals(targets, ["git:https://bob@github.com", target]);
  assertEquals(lookAt(target).blob, encodeUtf16("new"));
  await git.deletePassword(target, "alice");
  assertEquals(enumerateCredentials().length, 1);
});

test("text of another encoding is refused, and its bytes are there", async () => {
  const cases: [LayoutName, string, Uint8Array][] = [
    ["keytar", "svc/alice", encodeUtf16("pw")],
    ["keytar", "svc/alice", Uint8Array.of(0xff)],
    ["rust", "alice.svc", ascii("odd")],
    ["rust", "alice.svc", Uint8Array.of(0, 0xd8)],
    ["go", "svc:alice", Uint8Array.of(0xc3)],
  ];
  for (const [layout, target, blob] of cases) {
    const keyring = new WindowsKeyring({ layout });
    writeCredential({ target, userName: "alice", comment: null, persist: 3, blob });
    await assertRejects(() => keyring.getPassword("svc", "alice"), KeyringError, "not text");
    assertEquals(await keyring.getSecret("svc", "alice"), blob);
  }
});

test("what the program refuses or damages is refused", async () => {
  const large = "x".repeat(2561);
  const refused: [LayoutName, string, string, string | Uint8Array][] = [
    ["keytar", "svc", "", "pw"],
    ["keytar", "svc", "alice", ""],
    ["keytar", "svc", "alice", "a\0b"],
    ["keytar", "svc", "alice", Uint8Array.of(0xff)],
    ["bun", "svc", "alice", ""],
    ["bun", "svc", "", "pw"],
    ["go", "s".repeat(512), "alice", "pw"],
    ["git", "svc", "alice", "pw"],
    ["git", "git:https://alice@host", "alice", "pw"],
    ["git", "git:https://host", "al\nice", "pw"],
    ["git", "git:https://host:0/", "alice", "pw"],
    ["docker", "ghcr.io", "", "pw"],
    ["docker", "ghcr.io", "alice", ""],
    ["go", "svc", "alice", "os-keyring-parts-x"],
  ];
  for (const [layout, service, username, secret] of refused) {
    const keyring = new WindowsKeyring({ layout });
    await assertRejects(
      () =>
        typeof secret === "string"
          ? keyring.setPassword(service, username, secret)
          : keyring.setSecret(service, username, secret),
      KeyringError,
      undefined,
      `${layout} ${service}`,
    );
  }
  for (const layout of ["keytar", "bun", "rust", "go"] as const) {
    const keyring = new WindowsKeyring({ layout });
    await assertRejects(() => keyring.setPassword("svc", "alice", large), SecretTooLargeError);
  }
  assertEquals(enumerateCredentials(), []);
});

test("bytes are stored where the program stores bytes", async () => {
  const keyring = new WindowsKeyring({ layout: "rust" });
  await keyring.setSecret("svc", "alice", Uint8Array.of(0, 0xff, 1));
  assertEquals(lookAt("alice.svc").blob, Uint8Array.of(0, 0xff, 1));
  assertEquals(await keyring.getSecret("svc", "alice"), Uint8Array.of(0, 0xff, 1));
});

test("another entry's target is not overwritten", async () => {
  const keytar = new WindowsKeyring({ layout: "keytar" });
  await keytar.setPassword("a/b", "c", "first");
  await assertRejects(() => keytar.setPassword("a", "b/c", "second"), KeyringError, "is taken");
  await assertRejects(() => keytar.setPassword("a/b", "C", "third"), KeyringError, "in case");
  assertEquals(await keytar.getPassword("a/b", "c"), "first");
  assertEquals(await keytar.getPassword("a", "b/c"), null);
  assertEquals(await keytar.getPassword("A/B", "c"), "first");
});

test("keytar and Bun find one entry at one place", async () => {
  const [keytar, bun] = (["keytar", "bun"] as const).map((layout) =>
    new WindowsKeyring({ layout })
  );
  await keytar?.setPassword("Svc", "alice", "pw");
  const places = await keytar?.locate?.("svc", "alice");
  assertEquals(places?.length, 1);
  assertEquals(await bun?.locate?.("SVC", "alice"), places);
  assertEquals(await bun?.locate?.("svc", "bob"), []);
});

function serviceOf(layout: LayoutName): string {
  if (layout === "git") return "git:https://host";
  return layout === "docker" ? "https://host" : "svc";
}

test("every pair of layouts can be migrated, and keeps what is one entry", async () => {
  for (const from of LAYOUT_NAMES) {
    for (const to of LAYOUT_NAMES) {
      const [source, target] = [from, to].map((layout) => new WindowsKeyring({ layout }));
      if (!source || !target) continue;
      const [service, renamed] = [serviceOf(from), serviceOf(to)];
      await source.setPassword(service, "alice", "né");
      const options = { services: [service], rename: { [service]: renamed }, delete: true };
      const [entry] = await migrate(source, target, options);
      const isOne = from === to || [from, to].every((name) => name === "keytar" || name === "bun");
      assertEquals(
        [entry?.state, entry?.deleted],
        isOne ? ["one entry", false] : ["copied", true],
        `from ${from} to ${to}: ${entry?.error}`,
      );
      assertEquals(await target.getPassword(renamed, "alice"), "né");
      assertEquals(enumerateCredentials().length, 1);
      await target.deletePassword(renamed, "alice");
    }
  }
});

test("what Python stored keeps its encoding, whatever the caller says", async () => {
  const names = { target: "py-svc", userName: "alice", comment: PYTHON_COMMENT, persist: 2 };
  writeCredential({ ...names, blob: encodeUtf16("old") });
  await new WindowsKeyring().setPassword("py-svc", "alice", "né", { encoding: "utf-8" });
  assertEquals(readCredential("py-svc")?.blob, encodeUtf16("né"));
});
