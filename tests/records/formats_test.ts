// The forms of a file of many entries: what is written is read again, and whatever else is read
// gives entries or errors that tell no secret. A failure prints the seed that repeats it.

import { assert, assertEquals, assertInstanceOf, assertMatch } from "@std/assert";
import fc from "fast-check";
import { formatCsv, parseCsv } from "../../src/records/csv.ts";
import type { ColumnMap } from "../../src/records/csv_columns.ts";
import type { Contents, Entry } from "../../src/records/record.ts";
import { formatOf, guessFormat } from "../../src/records/format.ts";
import { formatJsonl, parseJsonl } from "../../src/records/jsonl.ts";
import { TextError } from "../../src/lib/text.ts";
import { readEntries } from "../../src/records/read.ts";
import { keyOf } from "../../src/records/plan.ts";
import type { Keyring } from "../../src/keyring.ts";
import { StoreKeyring } from "../../src/store_keyring.ts";
import { DIFFICULT_NAMES, DIFFICULT_TEXTS } from "../../src/testing/texts.ts";
import { PlainKeyring, WideBackend } from "../fixtures/stores.ts";
import { utf16 } from "../fixtures/utf16.ts";

const RUNS = { numRuns: 1_000 };
const LIMITS = {
  secretBytes: 1_000_000,
  keyOf: (entry: Entry) => keyOf(new PlainKeyring(), entry),
};
const MARK = "made-up";

function read(file: string | Uint8Array): Promise<Contents> {
  const bytes = typeof file === "string" ? new TextEncoder().encode(file) : file.slice();
  return readEntries(bytes, undefined, LIMITS);
}

function plain({ entries }: Contents): Entry[] {
  return entries.map(({ service, username, secret }) => ({ service, username, secret }));
}

/** What is wrong, such as `3: it is not valid JSON`. */
function problems({ problems }: Contents): string[] {
  return problems.map(({ line, message }) => `${line}: ${message}`);
}

function difficult(): Entry[] {
  const texts = Object.values(DIFFICULT_TEXTS);
  const names = Object.values(DIFFICULT_NAMES);
  const bytes = [Uint8Array.of(0xff), Uint8Array.from({ length: 256 }, (_, byte) => byte)];
  return ["", ...texts, ...names, ...bytes].map((secret, index) => ({
    service: names[index % names.length] ?? "",
    username: `${index}${names[(index + 1) % names.length]}`,
    secret,
  }));
}

function anyEntries(): fc.Arbitrary<Entry[]> {
  const name = fc.string({ unit: "binary", maxLength: 12 }).map((text) =>
    text.replaceAll("\0", "-")
  );
  const special = fc.stringMatching(/^[",\r\n\ufeff \t;=a]{1,8}$/);
  const entry = fc.record({
    service: fc.oneof(name, special).filter((text) => text !== ""),
    username: fc.oneof(name, special),
    secret: fc.oneof(fc.string({ unit: "binary" }), special, fc.uint8Array({ minLength: 1 })),
  });
  return fc.uniqueArray(entry, {
    selector: ({ service, username }) => JSON.stringify([service, username]),
  });
}

Deno.test("every difficult text and name comes back from both forms", async () => {
  const entries = difficult();
  assertEquals(plain(await read(formatJsonl(entries))), entries);
  assertEquals(plain(await read(formatCsv(entries))), entries);
});

Deno.test("any entries come back from both forms", async () => {
  await fc.assert(
    fc.asyncProperty(anyEntries(), async (entries) => {
      assertEquals(plain(parseJsonl(formatJsonl(entries))), entries);
      assertEquals(plain(await parseCsv(formatCsv(entries))), entries);
    }),
    RUNS,
  );
});

Deno.test("JSON Lines are ASCII and guessed from their beginning", () => {
  fc.assert(
    fc.property(anyEntries(), (entries) => {
      const text = formatJsonl(entries);
      assertMatch(text, /^[\x20-\x7e\n]*$/);
      if (entries.length > 0) assertEquals(guessFormat(text), "jsonl");
      assertEquals(guessFormat(formatCsv(entries)), "csv");
    }),
    RUNS,
  );
});

Deno.test("whatever a file holds, it gives entries or errors", async () => {
  const piece = fc.constantFrom(
    ...['"', '""', ",", "\n", "\r\n", "\r", "{", "}", "[", ":", "\ufeff", "\0", " "],
    ...["service,username,password\n", "service,username,password,base64\r\n", "=", "null"],
    ...['{"service": "s", "username": "u", "password": "p"}\n', '"base64": "AAE="', "\\ud800"],
  );
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc.array(fc.oneof(piece, fc.string({ unit: "binary" })), { maxLength: 30 })
      .map((pieces) => new TextEncoder().encode(pieces.join(""))),
  );
  await fc.assert(
    fc.asyncProperty(bytes, async (file) => {
      const lines = file.filter((byte) => byte === 0x0a).length + 1;
      const contents = await read(file).catch((error) => {
        assertInstanceOf(error, TextError);
        assertMatch(
          error.message,
          /^(line \d+|the text) (is not valid UTF-|contains a NUL)|^this looks like UTF-16/,
        );
      });
      for (const { line } of [...contents?.entries ?? [], ...contents?.problems ?? []]) {
        assert(1 <= line && line <= lines, `line ${line} of ${lines}`);
      }
    }),
    RUNS,
  );
});

Deno.test("no error tells a secret, however the file is broken", async () => {
  const secret = fc.stringMatching(/^[",\\{}:\r\n a]{0,4}$/).map((text) => `${text}${MARK}${text}`);
  const entries = fc.array(
    fc.record({ service: fc.constantFrom("s", "t"), username: fc.nat(9).map(String), secret }),
    { minLength: 1, maxLength: 5 },
  );
  const change = fc.record({
    at: fc.nat(),
    length: fc.nat(3),
    text: fc.constantFrom("", '"', "\n", ",", "}", "\\u"),
  });
  await fc.assert(
    fc.asyncProperty(entries, fc.array(change, { maxLength: 4 }), fc.boolean(), async (...args) => {
      const [entries, changes, asCsv] = args;
      let text = asCsv ? formatCsv(entries) : formatJsonl(entries);
      for (const { at, length, text: inserted } of changes) {
        const start = at % text.length;
        text = text.slice(0, start) + inserted + text.slice(start + length);
      }
      const { problems } = await read(text);
      for (const { message } of problems) assert(!message.includes(MARK), message);
    }),
    RUNS,
  );
});

Deno.test("the lines of errors are those of an editor", async () => {
  const csv = [
    "service,username,password",
    'one,u,"of\r\nthree\nlines"',
    "",
    "two,u",
    ",u,p",
    "three,u,p,x",
    'four,u,"p"',
    'four,u,"p"',
    '"a\0b",u,p',
    'five,u,"never closed',
    "six,u,p",
  ].join("\r\n");
  assertEquals(problems(await read(csv)), [
    "6: it has 2 fields, and the header 3",
    "7: the service is empty",
    "8: it has 4 fields, and the header 3",
    "10: line 9 holds the same service and username",
    "11: the service contains a NUL character",
    "12: it is not valid CSV: a quoted field has no end; the lines after it were not read",
  ]);
  const jsonl = [
    '\ufeff{"service": "s", "username": "u", "password": "p"}',
    "",
    `{"service": "s", "username": "v", "password": "${MARK}`,
    "[]",
    '{"service": "s", "username": "u", "password": "p"}',
    '{"service": "s", "username": "w", "password": "\\ud800"}',
    '{"service": "s", "username": 7, "password": "p"}',
    '{"service": "s", "password": "p"}',
    '{"service": "s", "username": "x"}',
    '{"service": "s", "username": "x", "password": null}',
    '{"service": "s", "username": "x", "password": "p", "base64": ""}',
    '{"service": "s", "username": "x", "base64": "a"}',
    '{"service": "s", "username": "x", "pasword\\n": "p"}',
    '{"service": "s", "username": "x", "__proto__": "p"}',
  ].join("\n");
  assertEquals(problems(await read(jsonl)), [
    "3: it is not valid JSON",
    "4: it is not a JSON object",
    "5: line 1 holds the same service and username",
    "6: the password contains half of a surrogate pair",
    "7: the username is a number, and must be text",
    "8: the username is missing, and must be text",
    "9: it has neither a password nor base64",
    "10: the password is null, and must be text",
    "11: it has both a password and base64",
    "12: its base64 is not valid",
    "13: a column or key is unknown; the names are service, username, password, base64",
    '14: "__proto__" is unknown; the names are service, username, password, base64',
  ]);
});

Deno.test("CSV needs a header, and a first line that is none is not shown", async () => {
  const none = "there is no header with the columns service, username, and password or base64, " +
    "separated by commas, semicolons or tabs";
  const cases: [string, string][] = [
    ["", `1: ${none}`],
    ["\r\n\n", `1: ${none}`],
    [`my_app,alice,${MARK}\n`, `1: ${none}`],
    [`\nmy_app;alice;${MARK}\n`, `2: ${none}`],
    // Where the header has lost its line break.
    [
      `service,username,passwords,u,${MARK}\ns,u,p`,
      '1: it has no column password; there are "service", "username", 3 more. ' +
      "Use --map password=COLUMN",
    ],
    [
      "service,username\n",
      '1: it has no column password; there are "service", "username". ' +
      "Use --map password=COLUMN",
    ],
    [
      "name;URL;Username;Password;Kennwort-Notiz;x1\n1;2;3;4;5;6",
      '1: it has no column service; there are "name", "URL", "Username", "Password", ' +
      '"Kennwort-Notiz", 1 more. Use --map service=COLUMN',
    ],
    ["service,username,password, Service\n", "1: it has the column of the service twice"],
    [
      "service,username,password,note,color\ns,u,p,n,c",
      '1: it has columns other than service, username, password, base64: "note", "color". ' +
      "With --map password=password they are left out",
    ],
    ["service,username,password,\ns,u,p,x", "2: it has a field in a column without a name"],
    [
      'service,"username\n',
      "1: it is not valid CSV: a quoted field has no end; " +
      "the lines after it were not read",
    ],
  ];
  for (const [file, problem] of cases) {
    assertEquals(problems(await parseCsv(file)), [problem]);
  }
});

const EXPORTS: Record<string, [string, ColumnMap?]> = {
  semicolons: ["service;username;password\ns;u;a,b\n"],
  tabs: ["service\tusername\tpassword\ns\tu\ta,b\n"],
  "names of any case, with blanks": ['\ufeff Service ;"USERNAME ";\tPassword\ns;u;a,b'],
  "quotes and an unused comma": ['"service";"username";"password"\r\n"s";"u";"a,b"\r\n'],
  "a mark of Excel": ["sep=;\r\nservice;username;password\r\ns;u;a,b\r\n"],
  "rows of empty cells": [";;\nservice;username;password\n;;\ns;u;a,b\n;;;\n"],
  "columns without a name": ["service;username;password;;\ns;u;a,b;;\n"],
  "Chrome": [
    'name,url,username,password,note\nS,s,u,"a,b",\n',
    { service: "url" },
  ],
  "Bitwarden": [
    "folder,type,name,login_uri,login_username,login_password,login_totp\n" +
    ',login,S,s,u,"a,b",\n',
    { service: "login_uri", username: "login_username", password: "login_password" },
  ],
  "KeePass": [
    '"Account","Login Name","Password","Web Site","Comments"\n"S","u","a,b","s",""\n',
    { service: "web site", username: "login name" },
  ],
  "columns without a name that some rows leave out": [
    'service,username,password,,\ns,u,"a,b",\n',
  ],
  "delimiters after the last column": ['service,username,password\ns,u,"a,b",,\n'],
  "lines of blanks": ["service;username;password\n  \ns;u;a,b\n\t"],
  "notes among logins": [
    'login_uri,login_username,login_password,notes\n,,,a note\ns,u,"a,b",\n',
    { service: "login_uri", username: "login_username", password: "login_password" },
  ],
  "one column for two fields": ["pass;who\na,b;u", {
    service: "who",
    username: "who",
    password: "pass",
  }],
};

Deno.test("CSV is read as other programs write it", async () => {
  for (const [name, [text, map]] of Object.entries(EXPORTS)) {
    const contents = await parseCsv(text.replace(/^\ufeff/, ""), map);
    assertEquals(problems(contents), [], name);
    const service = name.startsWith("one column") ? "u" : "s";
    assertEquals(plain(contents), [{ service, username: "u", secret: "a,b" }], name);
  }
});

Deno.test("backslashes are read as KeePass writes them, and as others do", async () => {
  const map = { service: "web site", username: "login name" };
  const header = '"Account","Login Name","Password","Web Site","Comments"\r\n';
  const read = async (password: string) => {
    const [entry] = plain(await parseCsv(`${header}"S","u","${password}","s",""\r\n`, map));
    return entry?.secret;
  };
  assertEquals(await read('a\\\\b\\"c'), 'a\\b"c');
  // KeePass would not have written it so.
  assertEquals(await read('a\\\\b""c\\d'), 'a\\\\b"c\\d');
  const [other] = plain(await parseCsv('service,username,password\ns,u,"a\\\\b"'));
  assertEquals(other?.secret, "a\\\\b");
});

Deno.test("a row that may have lost a field, or a name that would be the secret, is refused", async () => {
  const mapped = { service: "url", username: "login", password: "pass" };
  assertEquals(problems(await parseCsv("url,login,pass,note\ns,p,n\ns,u,p,n,x\n", mapped)), [
    "2: it has 3 fields, and the header 4",
    "3: it has 5 fields, and the header 4",
  ]);
  for (const map of [{ service: "password" }, { ...mapped, username: "pass" }]) {
    const file = "url,login,pass,username,password\ns,u,p,u,p\n";
    const field = "username" in map ? "username" : "service";
    assertEquals(problems(await parseCsv(file, map)), [
      `1: the column of the password would be the ${field}, which is shown`,
    ]);
  }
});

Deno.test("a column of the map that is not there is named with those that are", async () => {
  const map = { service: "ulr", username: "login", password: "salasana" };
  assertEquals(problems(await parseCsv("url,login,salasana,väri\n1,2,3,4", map)), [
    '1: it has no column "ulr"; there are "url", "login", "salasana", "väri". ' +
    "Use --map service=COLUMN",
  ]);
  const options = { ...LIMITS, columns: map };
  const bytes = new TextEncoder().encode('{"url": "s"}');
  assertEquals(problems(await readEntries(bytes, undefined, options)), [
    "1: it is JSON Lines, and --map is for CSV",
  ]);
});

Deno.test("columns of CSV may stand in any order", async () => {
  const file = "base64,password,username,service\r\n,p,u,s\nAAE=,,u,t\n,,u,empty\nAAE=,p,u,both\n";
  const contents = await parseCsv(file);
  assertEquals(plain(contents), [
    { service: "s", username: "u", secret: "p" },
    { service: "t", username: "u", secret: Uint8Array.of(0, 1) },
    { service: "empty", username: "u", secret: "" },
  ]);
  assertEquals(problems(contents), ["5: it has both a password and base64"]);
});

Deno.test("a NUL is refused by name, but in quotes, where export writes it", async () => {
  const start = "service,username,password\n";
  for (const line of ["a\0,u,p", "s,\0,p", "s,u,p\0", 's,u,"p"\0', 's,u,"p",\0']) {
    const { message } = await read(start + line).then(() => new Error(), (error) => error);
    assert(message.startsWith("line 2 contains a NUL character; "), `${line}: ${message}`);
  }
  assertEquals(problems(await read(`${start}s,"\0",p`)), [
    "2: the username contains a NUL character",
  ]);
  assertEquals(problems(await read('{"service": "a\0"}')), ["1: it contains a NUL character"]);
  for (const text of [`${start}s,u,p`, '"service",username,password', '{"service": "s"}']) {
    const { message } = await read(utf16(text)).then(() => new Error(), (error) => error);
    assert(message.startsWith("line 1 contains a NUL character; "), `${text}: ${message}`);
  }
  const entries = [{ service: "s", username: "u", secret: '\0a"\0' }];
  assertEquals(plain(await read(formatCsv(entries))), entries);
});

Deno.test("a JSON object with a key twice is refused, however the key is written", () => {
  const start = '"service": "s", "username": "u", "password": "p"';
  const twice = [
    ["password", `{${start}, "password": "q"}`],
    ["password", `{${start}, "p\\u0061ssword" : "q"}`],
    ["service", `{"service": "\\"", "service":"\\\\", "username": "u", "password": "p"}`],
    ["username", `{"username":"u"\t,"username"\t:"u", "service": "s", "password": "p"}`],
    ["base64", '{"service": "s", "username": "u", "base64": "", "base64": ""}'],
  ];
  for (const [key, line] of twice) {
    assertEquals(problems(parseJsonl(line ?? "")), [`1: it has the key ${key} twice`], line);
  }
  const once = [
    `{${start}}`,
    '{"service": "\\"service\\":", "username": "username", "password": "\\\\"}',
    '{"service": "\\\\\\"", "username": ", \\"username\\": ", "password": ": \\"password\\":"}',
  ];
  for (const line of once) assertEquals(problems(parseJsonl(line)), [], line);
  const large = `{"service": "s", "username": "u", "password": "${"\\n".repeat(5_000_000)}"}`;
  assertEquals(problems(parseJsonl(large)), []);
});

Deno.test("a file may have a mark at its beginning, or be what Windows PowerShell writes", async () => {
  const entries = [{ service: "s", username: "é🔑", secret: "\ufeffp" }];
  for (const text of [formatCsv(entries), formatJsonl(entries)]) {
    assertEquals(plain(await read(`\ufeff${text}`)), entries);
    for (const order of ["little", "big"] as const) {
      assertEquals(plain(await read(utf16(`\ufeff${text}`, order))), entries);
    }
  }
});

Deno.test("bytes that are not text are refused with their line", async () => {
  const file = Uint8Array.of(
    ...new TextEncoder().encode("service,username,password\né,"),
    0xe9,
    10,
  );
  const message = await read(file).then(() => "", (error) => error.message);
  assert(message.startsWith("line 2 is not valid UTF-8; "), message);
});

Deno.test("secrets that are larger than the store holds are refused with their line", async () => {
  const entries = [
    { service: "s", username: "u", secret: "é".repeat(500_000) },
    { service: "s", username: "v", secret: "é".repeat(500_001) },
    { service: "s", username: "w", secret: new Uint8Array(1_000_001) },
  ];
  assertEquals(problems(await read(formatJsonl(entries))), [
    "2: the secret has 1000002 bytes and the store holds at most 1000000",
    "3: the secret has 1000001 bytes and the store holds at most 1000000",
  ]);
});

Deno.test("names are the same entry when the store says so", async () => {
  const text = formatJsonl([
    { service: "Straße", username: "u", secret: MARK },
    { service: "STRASSE", username: "u", secret: MARK },
    { service: "STRASSE", username: "U", secret: MARK },
  ]);
  const bytes = new TextEncoder().encode(text);
  const cases: [Keyring, string[]][] = [
    [new StoreKeyring(new WideBackend()), ["2: line 1 holds the same service and username"]],
    [new PlainKeyring(), []],
  ];
  for (const [keyring, expected] of cases) {
    const limits = { secretBytes: 100, keyOf: (entry: Entry) => keyOf(keyring, entry) };
    assertEquals(problems(await readEntries(bytes, "jsonl", limits)), expected);
  }
});

Deno.test("formatOf() tells the form by the ending", () => {
  const cases: [string, string | undefined][] = [
    ["a.csv", "csv"],
    ["C:\\Temp\\A.CSV", "csv"],
    ["a.jsonl", "jsonl"],
    ["a.ndjson", "jsonl"],
    ["a.json", undefined],
    ["csv", undefined],
    ["-", undefined],
  ];
  for (const [path, format] of cases) assertEquals(formatOf(path), format);
});
