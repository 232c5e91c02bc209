// @environment linux
//
// The steps of each call, over what a real secret-tool hardly ever does.

import {
  assertEquals,
  assertInstanceOf,
  assertLess,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { KeyringLockedError, PasswordSetError, SecretTooLargeError } from "../../../src/errors.ts";
import { failure, KEEPER, SECRET, withFake } from "../../support/fake_secret_tool.ts";

const ignore = Deno.build.os !== "linux";

Deno.test({ name: "each call starts as few programs as it can", ignore }, async () => {
  await withFake(KEEPER, async (keyring, _, log) => {
    const programs = async (call: () => Promise<unknown>) => {
      const before = log().length;
      await call();
      return log().slice(before).match(/(search|store|lookup|clear) /g)?.join("").trim();
    };
    const set = (password: string) => () => keyring.setPassword("S", "U", password);
    const get = () => keyring.getPassword("S", "U");
    await get();
    assertEquals(await programs(get), "lookup search");
    assertEquals(await programs(set(SECRET)), "search store lookup");
    assertEquals(await programs(get), "lookup");
    assertEquals(await programs(set("other")), "search lookup store lookup");
    assertEquals(await programs(() => keyring.getCredential("S")), "search lookup");
    assertEquals(await programs(() => keyring.deletePassword("S", "U")), "search lookup clear");
    const missing = () => keyring.deletePassword("S", "U", { missingOk: true });
    assertEquals(await programs(missing), "search");
  });
});

Deno.test(
  { name: "a name in doubt that cannot be an argument is not left out in silence", ignore },
  async () => {
    const script = '[ "$1" = lookup ] && exec printf found; exec >&2; [ "$7" = a ] && exit 0; ' +
      "echo attribute.service = S; echo attribute.username = a; echo b; " +
      '[ "$6" = username ] && exit 0; echo attribute.service = S; ' +
      'printf "attribute.username = "; head -c 140000 /dev/zero | tr "\\0" x; echo';
    await withFake(script, async (keyring) => {
      const error = await failure(keyring.list({ service: "S" }));
      assertStringIncludes(error.message, "the names of 1 item cannot be told apart. A name has");
      assertLess(error.message.length, 500);
      // For a name, any is enough.
      assertEquals((await keyring.getCredential("S"))?.username, "a\nb");
    });
  },
);

Deno.test({ name: "a lookup that misses an item now and then is repeated", ignore }, async () => {
  const search = 'if [ "$1" = search ]; then echo "attribute.service = S" >&2; exit 0; fi\n';
  const second = `grep -q "lookup.*lookup" "$log" || exit 1; printf ${SECRET}`;
  await withFake(search + second, async (keyring) => {
    assertEquals(await keyring.getPassword("S", "U"), SECRET);
  });
  await withFake(`${search}exit 1`, async (keyring, _, log) => {
    const error = await failure(keyring.getPassword("S", "U"));
    assertStringIncludes(error.message, "did not hand it out");
    assertEquals(log().split("lookup").length - 1, 3);
    await failure(keyring.deletePassword("S", "U"));
  });
});

Deno.test({ name: "a secret-tool that does nothing holds no empty secret", ignore }, async () => {
  await withFake("exit 0", async (keyring) => {
    const error = await failure(keyring.getPassword("S", "U"));
    assertStringIncludes(error.message, "printed nothing");
  });
  const item = "[/1]\\nlabel = x\\nsecret = \\ncreated = 2026-11-24 08:48:02\\n";
  await withFake(
    `[ "$1" != search ] || { echo "attribute.service = S" >&2; printf "${item}"; }`,
    async (keyring) => assertEquals(await keyring.getPassword("S", "U"), ""),
  );
});

Deno.test({ name: "nothing is stored beside an item that stays locked", ignore }, async () => {
  const script = `case "$1" in
    search) echo "secret-tool: Cannot get secret of a locked object" >&2
      echo "attribute.service = S" >&2;;
    lookup) cat "$log.kept" 2>/dev/null || printf x;;
    store) cat >"$log.kept";;
  esac`;
  await withFake(script, async (keyring, _, log) => {
    await keyring.setPassword("S", "U", SECRET);
    assertEquals(log().match(/store /g)?.length, 1);
    assertEquals(log().match(/lookup /g)?.length, 2);
  });
});

Deno.test({ name: "getCredential() refuses a username that is no text", ignore }, async () => {
  await withFake("printf x", async (keyring) => {
    await assertRejects(() => keyring.getCredential("S", 5 as never), TypeError);
  });
});

Deno.test({ name: "a new entry that is not there was not stored", ignore }, async () => {
  await withFake("cat >/dev/null", async (keyring, _, log) => {
    const error = await failure(keyring.setPassword("S", "U", SECRET));
    assertInstanceOf(error, PasswordSetError);
    assertEquals(log().split("store").length - 1, 1);
  });
});

Deno.test({ name: "a keyring that was never unlocked is not an empty one", ignore }, async () => {
  // Until its first unlock the daemon knows only hashes of the names.
  const script = '[ "$1" = search ] || exit 1; ' +
    "echo 'secret-tool: Cannot get secret of a locked object' >&2; " +
    "echo 'attribute.gkr:compat:hashed:service = 5dbc98dcc983a70728bd082d1a47546e' >&2";
  await withFake(script, async (keyring, _, log) => {
    assertInstanceOf(await failure(keyring.list({ service: "S" })), KeyringLockedError);
    assertInstanceOf(await failure(keyring.getPassword("S", "U")), KeyringLockedError);
    assertInstanceOf(await failure(keyring.deletePassword("S", "U")), KeyringLockedError);
    assertInstanceOf(await failure(keyring.setPassword("S", "U", SECRET)), KeyringLockedError);
    assertEquals(log().includes("store"), false);
  });
});

Deno.test({ name: "what cannot be stored is refused before anything runs", ignore }, async () => {
  await withFake("exit 0", async (keyring, _, log) => {
    const [size, limit] = [1024 * 1024 + 1, 1024 * 1024];
    for (
      const call of [
        () => keyring.setPassword("S", "U", "x".repeat(size)),
        () => keyring.setPassword("S", "U", "\n".repeat(size)),
        () => keyring.setSecret("S", "U", new Uint8Array(size)),
      ]
    ) {
      const error = await failure(call());
      assertInstanceOf(error, SecretTooLargeError);
      assertEquals([error.size, error.limit], [size, limit]);
    }
    await failure(keyring.setPassword("", "U", SECRET));
    await failure(keyring.setPassword("S", "a\0b", SECRET));
    await failure(keyring.setPassword("S", "\ud800", SECRET));
    await failure(keyring.setPassword("S", "\ufeffU", SECRET));
    await failure(keyring.setPassword("x".repeat(32_769), "U", SECRET));
    await failure(keyring.setPassword("S", "U", "\udc00"));
    const ran = (() => {
      try {
        return log();
      } catch {
        return "";
      }
    })();
    assertEquals(ran, "");
  });
});

/** An item that another program made with one attribute more, and perhaps one of ours. */
function shared(own: string): string {
  return `case "$1 $4" in
    "search application") ${own};;
    "search service") ${own}; echo attribute.service = S >&2; echo attribute.port = 1 >&2;;
    lookup*) cat "$log.kept" 2>/dev/null || printf theirs;;
    store*) cat >"$log.kept";;
  esac`;
}
const OURS =
  "printf 'attribute.application = Python keyring library\\nattribute.service = S\\n' >&2";

Deno.test({ name: "nothing of another program's item is stored or deleted", ignore }, async () => {
  const own = "application Python keyring library service S username U";
  await withFake(shared(":"), async (keyring, _, log) => {
    await keyring.setPassword("S", "U", SECRET);
    assertStringIncludes(log(), ` -- ${own} lookup`);
    assertStringIncludes((await failure(keyring.deletePassword("S", "U"))).message, "apart");
    assertEquals(log().includes("clear"), false);
  });
  await withFake(shared(OURS), async (keyring, _, log) => {
    const error = await failure(keyring.deletePassword("S", "U"));
    assertStringIncludes(error.message, "the entry was deleted, but");
    assertEquals(log().match(/clear.*/g), [`clear -- ${own} `]);
  });
  await withFake(shared(`${OURS}; echo attribute.port = 1 >&2`), async (keyring, _, log) => {
    assertStringIncludes((await failure(keyring.setPassword("S", "U", SECRET))).message, "apart");
    assertStringIncludes((await failure(keyring.deletePassword("S", "U"))).message, "apart");
    assertEquals(/store|clear/.test(log()), false);
  });
});

Deno.test({ name: "what was stored is read back", ignore }, async () => {
  const store = (kept: string) =>
    `case $1 in
    search) echo attribute.service = S >&2;;
    lookup) cat "$log.kept" 2>/dev/null || printf old;;
    store) cat >"$log.new"; ${kept};;
  esac`;
  const stores = (log: string) => log.match(/store /g)?.length;
  // Of items of the same second a lookup may take another.
  const late = 'grep -q "store.*store" "$log" && mv "$log.new" "$log.kept"; true';
  await withFake(store(late), async (keyring, _, log) => {
    await keyring.setPassword("S", "U", SECRET);
    assertEquals(stores(log()), 2);
  });
  // KeePassXC, when its dialog is denied.
  await withFake(store("true"), async (keyring, _, log) => {
    const error = await failure(keyring.setPassword("S", "U", SECRET));
    assertStringIncludes(error.message, "does not hand it out");
    assertEquals(stores(log()), 3);
  });
  await withFake(store('printf "of another process" >"$log.kept"'), async (keyring, _, log) => {
    await keyring.setPassword("S", "U", SECRET);
    assertEquals(stores(log()), 1);
  });
});

Deno.test({ name: "a refused dialog is not shown again", ignore }, async () => {
  // KWallet does not say that it is locked.
  const script =
    'case $1 in search) echo "attribute.service = S" >&2;; *) sleep 1.2; exit 1;; esac';
  for (const name of ["getPassword", "deletePassword"] as const) {
    await withFake(script, async (keyring, _, log) => {
      assertInstanceOf(await failure(keyring[name]("S", "U")), KeyringLockedError);
      assertEquals(log().match(/lookup|store|clear/g), ["lookup"]);
    });
  }
  await withFake(script, async (keyring, _, log) => {
    assertInstanceOf(await failure(keyring.setPassword("S", "U", SECRET)), KeyringLockedError);
    assertEquals(log().match(/lookup|store|clear/g), ["lookup"]);
  });
});

Deno.test(
  { name: "a list with items of a keyring that was never unlocked fails", ignore },
  async () => {
    const script = `[ "$1" = lookup ] && exec printf found
    printf 'attribute.service = S\\nattribute.username = U\\n' >&2
    echo 'secret-tool: Cannot get secret of a locked object' >&2
    echo 'attribute.gkr:compat:hashed:service = 5dbc98dcc983a70728bd082d1a47546e' >&2`;
    await withFake(script, async (keyring) => {
      assertInstanceOf(await failure(keyring.list({ service: "S" })), KeyringLockedError);
      assertEquals(await keyring.getCredential("S"), { username: "U", password: "found" });
    });
  },
);
