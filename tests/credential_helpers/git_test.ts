// git's credential helper. What git itself sends and takes, tests/parties/git_test.ts finds out.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { MemoryKeyring } from "../../src/backends/memory.ts";
import { NullKeyring } from "../../src/backends/null.ts";
import { KeyringLockedError } from "../../src/errors.ts";
import { counting, eachKeyring, git } from "./helpers.ts";

const NOTHING = { code: 0, out: "", err: "" };
const FAR = 4_102_444_800;
const PAST = 1_000_000_000;

function lines(...attributes: string[]): string {
  return attributes.map((attribute) => `${attribute}\n`).join("");
}

const HOST = lines("protocol=https", "host=git.example.com");
const ALICE = lines("username=alice", "password=pässwörd 🔑=1");

eachKeyring("git stores, gets and erases a password", async (keyring) => {
  assertEquals(await git(keyring, "get", HOST), NOTHING);
  assertEquals(await git(keyring, "store", HOST + ALICE), NOTHING);
  assertEquals(await git(keyring, "get", HOST), { ...NOTHING, out: ALICE });
  assertEquals(await git(keyring, "get", `${HOST}username=alice\n\n`), { ...NOTHING, out: ALICE });
  assertEquals(await git(keyring, "get", `${HOST}username=bob\n`), NOTHING);
  assertEquals(
    await keyring.getPassword("git:https://git.example.com", "alice"),
    "pässwörd 🔑=1",
  );
  assertEquals(await git(keyring, "erase", HOST + ALICE), NOTHING);
  assertEquals(await keyring.list(), []);
  assertEquals(await git(keyring, "erase", HOST + ALICE), NOTHING);
});

eachKeyring(
  "git replaces a changed password, and erases no other than it names",
  async (keyring) => {
    await git(keyring, "store", HOST + ALICE);
    await git(keyring, "store", HOST + lines("username=alice", "password=new"));
    assertEquals(await git(keyring, "erase", HOST + ALICE), NOTHING);
    assertEquals((await git(keyring, "get", HOST)).out, lines("username=alice", "password=new"));
    await git(keyring, "erase", HOST + lines("password=other"));
    assertEquals((await git(keyring, "get", HOST)).out, lines("username=alice", "password=new"));
    await git(keyring, "erase", HOST + lines("username=alice"));
    assertEquals(await git(keyring, "get", HOST), NOTHING);
  },
);

eachKeyring("git keeps several users of a server apart", async (keyring) => {
  for (const name of ["alice", "bob", ""]) {
    await git(keyring, "store", HOST + lines(`username=${name}`, `password=of ${name}`));
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  assertEquals((await git(keyring, "get", HOST)).out, lines("username=", "password=of "));
  await git(keyring, "erase", HOST + lines("username="));
  assertEquals((await git(keyring, "get", HOST)).out, lines("username=bob", "password=of bob"));
  await git(keyring, "erase", HOST + lines("password=of alice"));
  assertEquals((await git(keyring, "get", HOST + lines("username=alice"))).out, "");
  await git(keyring, "store", HOST + lines("username=alice", "password=x"));
  await git(keyring, "erase", HOST);
  assertEquals(await keyring.list(), []);
});

Deno.test("git takes protocol, host, port and path exactly", async () => {
  const keyring = new MemoryKeyring();
  const places = [
    lines("protocol=https", "host=h.example"),
    lines("protocol=http", "host=h.example"),
    lines("protocol=https", "host=h.example:8443"),
    lines("protocol=https", "host=h.example:443"),
    lines("protocol=https", "host=h.example", "path=team/a.git"),
    lines("protocol=https", "host=h.example", "path=team/a"),
    lines("protocol=https", "host=h.example", "path=/team/a"),
    lines("protocol=https", "host=h.example:8443", "path=team/a.git"),
    lines("protocol=https", "host=H.example"),
    lines("protocol=https", "host=[::1]:8443"),
    lines("protocol=smtp", "host=h.example"),
    lines("protocol=cert", "path=home/alice/client.pem"),
  ];
  for (const [index, place] of places.entries()) {
    for (const other of places.slice(index)) {
      assertEquals((await git(keyring, "get", other)).out, "", `${place} answered ${other}`);
    }
    await git(keyring, "store", place + lines("username=u", `password=${index}`));
  }
  for (const [index, place] of places.entries()) {
    assertEquals((await git(keyring, "get", place)).out, lines("username=u", `password=${index}`));
  }
  await git(keyring, "erase", places[0] ?? "");
  assertEquals((await keyring.list()).length, places.length - 1);
});

Deno.test("git gets no answer to half a question, and half a credential is not stored", async () => {
  const { keyring, calls } = counting(new MemoryKeyring());
  for (const operation of ["get", "store", "erase"]) {
    for (
      const input of [
        "",
        "\n",
        lines("host=h", "username=u", "password=p"),
        lines("protocol=https", "username=u", "password=p"),
        lines("protocol=https", "host=", "path=", "username=u", "password=p"),
      ]
    ) assertEquals(await git(keyring, operation, input), NOTHING);
  }
  assertEquals(await git(keyring, "store", HOST + lines("username=u")), NOTHING);
  assertEquals(await git(keyring, "store", HOST + lines("password=p")), NOTHING);
  assertEquals(calls, []);
});

Deno.test("git gets no user of a host that the store alone takes for the same", async () => {
  const keyring = new MemoryKeyring();
  await keyring.setPassword("git:https://Git.example.com", "alice", "made-up");
  const list = () => keyring.list();
  const entries = Object.assign(Object.create(keyring), {
    list,
    getPassword: () => Promise.resolve("made-up"),
  });
  assertEquals(await git(entries, "get", HOST), NOTHING);
});

Deno.test("git writes nothing that is there already", async () => {
  const { keyring, calls } = counting(new MemoryKeyring());
  const full = HOST + ALICE + lines(`password_expiry_utc=${FAR}`, "oauth_refresh_token=r");
  await git(keyring, "store", full);
  await git(keyring, "store", full);
  // As a git before 2.40 does, which does not know the other attributes.
  await git(keyring, "store", HOST + ALICE);
  assertEquals(calls.filter((call) => call === "setPassword").length, 1);
  assertEquals(
    (await git(keyring, "get", HOST)).out,
    ALICE + lines(`password_expiry_utc=${FAR}`, "oauth_refresh_token=r"),
  );
});

Deno.test("git keeps what belongs to a password with it, in lines of its own", async () => {
  const keyring = new MemoryKeyring();
  const service = "git:https://git.example.com";
  await git(
    keyring,
    "store",
    HOST + ALICE + lines("oauth_refresh_token=r=1", `password_expiry_utc=${FAR}`),
  );
  assertEquals(
    await keyring.getPassword(service, "alice"),
    `pässwörd 🔑=1\npassword_expiry_utc=${FAR}\noauth_refresh_token=r=1`,
  );
  await git(keyring, "store", HOST + ALICE + lines("oauth_refresh_token=r2"));
  assertEquals(
    await keyring.getPassword(service, "alice"),
    `pässwörd 🔑=1\npassword_expiry_utc=${FAR}\noauth_refresh_token=r2`,
  );
  // They belong to the old password.
  await git(keyring, "store", HOST + lines("username=alice", "password=new"));
  assertEquals(await keyring.getPassword(service, "alice"), "new");
});

Deno.test("git reads the first line of what is stored, and the lines that it knows", async () => {
  const keyring = new MemoryKeyring();
  const service = "git:https://git.example.com";
  await keyring.setPassword(service, "alice", "pw\r\noauth_refresh_token=r\r\nhost=evil\r\nx");
  assertEquals(
    (await git(keyring, "get", HOST)).out,
    lines("username=alice", "password=pw", "oauth_refresh_token=r"),
  );
  // Nothing of it changes, so that nothing of it is lost.
  await git(keyring, "store", HOST + lines("username=alice", "password=pw"));
  assertEquals(
    await keyring.getPassword(service, "alice"),
    "pw\r\noauth_refresh_token=r\r\nhost=evil\r\nx",
  );
  await git(keyring, "erase", HOST + lines("username=alice", "password=pw"));
  assertEquals(await keyring.list(), []);
});

Deno.test("git gets no expired password, but what another helper can renew it with", async () => {
  const keyring = new MemoryKeyring();
  await git(keyring, "store", HOST + ALICE + lines(`password_expiry_utc=${PAST}`));
  assertEquals(await keyring.list(), []);
  const service = "git:https://git.example.com";
  const expired = `pw\npassword_expiry_utc=${PAST}`;
  await keyring.setPassword(service, "alice", expired);
  assertEquals(await git(keyring, "get", HOST), NOTHING);
  await keyring.setPassword(service, "alice", `${expired}\noauth_refresh_token=r`);
  assertEquals(
    (await git(keyring, "get", HOST)).out,
    lines("username=alice", "oauth_refresh_token=r"),
  );
  await keyring.setPassword(service, "bob", "pw");
  assertEquals((await git(keyring, "get", HOST)).out, lines("username=bob", "password=pw"));
  // Whoever types it again knows that it is still good.
  await git(keyring, "store", HOST + lines("username=alice", "password=pw"));
  assertEquals(await keyring.getPassword(service, "alice"), "pw\noauth_refresh_token=r");
  await git(keyring, "store", HOST + ALICE + lines("password_expiry_utc=never"));
  assertEquals(await keyring.getPassword(service, "alice"), "pässwörd 🔑=1");
});

Deno.test("git stores no credential that is ephemeral, or that is not a password", async () => {
  const { keyring, calls } = counting(new MemoryKeyring());
  for (
    const more of ["ephemeral=1", "ephemeral=true", "authtype=Bearer", "credential=T", "authtype="]
  ) assertEquals(await git(keyring, "store", HOST + ALICE + lines(more)), NOTHING, more);
  const bearer = HOST + lines("authtype=Bearer", "credential=TOKEN");
  assertEquals(await git(keyring, "store", bearer), NOTHING);
  assertEquals(calls, []);
  await git(keyring, "store", HOST + ALICE + lines("ephemeral=0"));
  assertEquals(await git(keyring, "erase", bearer), NOTHING);
  assertEquals((await keyring.list()).length, 1);
});

Deno.test("git takes the last of an attribute, and all of one that may be repeated", async () => {
  const keyring = new MemoryKeyring();
  await git(
    keyring,
    "store",
    lines(
      "capability[]=authtype",
      "wwwauth[]=Basic realm=a",
      "wwwauth[]=",
      "state[]=other:1",
      "unknown=x",
      "protocol=http",
      "protocol=https",
      "host=git.example.com",
      "username=alice",
      "password=old",
      "password=new",
    ),
  );
  assertEquals((await git(keyring, "get", HOST)).out, lines("username=alice", "password=new"));
  const cleared = lines("capability[]=state", "capability[]=", "capability[]=authtype");
  assertEquals((await git(keyring, "get", cleared + HOST)).out.includes("state"), false);
});

Deno.test("git does not open the keyring to store what it has from there", async () => {
  const { keyring, calls } = counting(new MemoryKeyring());
  await git(keyring, "store", HOST + ALICE);
  const { out } = await git(keyring, "get", `capability[]=authtype\ncapability[]=state\n${HOST}`);
  assertMatch(out, /^capability\[\]=state\nstate\[\]=keyring:[\w.-]+\n/);
  const [, state = ""] = /^(state.+\n)/m.exec(out) ?? [];
  assertEquals(state.includes("password"), false);
  calls.length = 0;
  await git(keyring, "store", state + HOST + ALICE);
  assertEquals(calls, []);
  // It stands for this credential alone.
  await git(keyring, "store", state + HOST + lines("username=alice", "password=new"));
  assertEquals(calls, ["getPassword", "setPassword"]);
  await git(keyring, "store", state + lines("protocol=https", "host=other.example") + ALICE);
  assertEquals((await keyring.list()).length, 2);
  const again = await git(keyring, "get", `capability[]=state\n${HOST}`);
  assert(!again.out.includes(state));
});

Deno.test("git announces what it knows, and ignores what it does not", async () => {
  const keyring = new NullKeyring();
  assertEquals(
    await git(keyring, "capability", ""),
    { ...NOTHING, out: "version 0\ncapability state\n" },
  );
  for (const operation of ["approve", "", "GET", "__proto__"]) {
    assertEquals(await git(keyring, operation, HOST + ALICE), NOTHING);
  }
  for (const operation of ["get", "store", "erase"]) {
    assertEquals(await git(keyring, operation, HOST + ALICE), NOTHING);
  }
});

const BYTES = (text: string) => Uint8Array.from(text, (character) => character.charCodeAt(0));

Deno.test("git's input is refused with a sentence that shows nothing of it", async () => {
  const { keyring, calls } = counting(new MemoryKeyring());
  const inputs: [string | Uint8Array, string][] = [
    [
      `${HOST}username=u\npassword=pw\rhost=x\n`,
      "the password contains a carriage return character",
    ],
    [`${HOST}username=u\r\npassword=pw\n`, "the username contains a carriage return character"],
    [`${HOST}username=u\npassword=p\0w\n`, "the password contains a NUL character"],
    [
      `protocol=https\nhost=a\r\nusername=u\npassword=pw\n`,
      "the host contains a carriage return character",
    ],
    [BYTES(`${HOST}username=u\npassword=p\xe4\n`), "the password is not valid UTF-8"],
    [`${HOST}username=u\npw\n`, 'line 4 of the input has no "="'],
    [
      `${HOST}username=u\npassword=${"p".repeat(65_535)}\n`,
      "line 4 of the input has more than 65535 bytes",
    ],
    [`protocol=https\nhost=good.example/pw\nusername=u\npassword=pw\n`, "the host is invalid"],
    [`protocol=https\nhost=pw@good.example\nusername=u\npassword=pw\n`, "the host is invalid"],
    [`protocol=ht/pw\nhost=good.example\nusername=u\npassword=pw\n`, "the protocol is invalid"],
  ];
  for (const [input, reason] of inputs) {
    const err = `keyring: Cannot use the credential: ${reason}\n`;
    assertEquals(await git(keyring, "store", input), { code: 1, out: "", err });
  }
  assertEquals(calls, []);
});

Deno.test("git's input may hold headers in any encoding, a long line, and an end of its own", async () => {
  const keyring = new MemoryKeyring();
  await git(keyring, "store", HOST + ALICE);
  const odd = BYTES(`wwwauth[]=Basic realm="Z\xfcrich\r"\nstate[]=\xff\n${HOST}\n`);
  assertEquals((await git(keyring, "get", odd)).out, ALICE);
  const long = `wwwauth[]=${"x".repeat(60_000)}\n`.repeat(3);
  assertEquals((await git(keyring, "get", `${long}${HOST}`)).out, ALICE);
  assertEquals((await git(keyring, "get", `${HOST}\nprotocol=http\nnonsense\n`)).out, ALICE);
  assertEquals((await git(keyring, "get", HOST.trimEnd())).out, ALICE);
  const padded = HOST + lines("username=u", `password=${"p".repeat(65_525)}`);
  assertEquals((await git(keyring, "store", padded)).err, "");
});

Deno.test("git is never answered with more than one line, whatever is stored", async () => {
  const keyring = new MemoryKeyring();
  const service = "git:https://git.example.com";
  await keyring.setPassword(service, "alice\nhost=evil", "pw");
  assertEquals(await git(keyring, "get", HOST), NOTHING);
  for (const password of ["p\rw", "p\0w"]) {
    await keyring.setPassword(service, "alice", password);
    const { code, out, err } = await git(keyring, "get", HOST);
    assertEquals([code, out], [1, ""]);
    assertMatch(err, /^keyring: Cannot use the credential: the password contains a \w+/);
  }
  await keyring.setPassword(service, "alice", "pw\noauth_refresh_token=r\rx");
  assertEquals((await git(keyring, "get", HOST)).out, "");
});

Deno.test("git goes on without a locked keyring, and erases nothing there", async () => {
  const { keyring, calls } = counting(new MemoryKeyring());
  await git(keyring, "store", HOST + ALICE);
  calls.length = 0;
  const locked = new Proxy(keyring, {
    get(target, name) {
      if (name !== "getPassword" && name !== "list") return Reflect.get(target, name);
      const details = { operation: "get", service: "s", username: "u" } as const;
      return () => Promise.reject(new KeyringLockedError("the keyring is locked", details));
    },
  });
  const failed = {
    code: 1,
    out: "",
    err: 'keyring: Cannot read the password of "u" for "s": the keyring is locked\n',
  };
  assertEquals(await git(locked, "get", HOST), failed);
  assertEquals(await git(locked, "store", HOST + ALICE), failed);
  assertEquals(await git(locked, "erase", HOST + ALICE), failed);
  assertEquals(await git(locked, "erase", HOST), failed);
  assertEquals(calls, []);
});
