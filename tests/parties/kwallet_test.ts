// @environment kwallet, kwallet6
// @needs python3:keyring (python3-keyring), python3:dbus (python3-dbus), tool:keyring25, secret-tool (libsecret-tools)
//
// Python's keyring beside this library on KDE Wallet, with the wallet's own interface, which it prefers
// on KDE, and with the Secret Service.

import { KWalletKeyring } from "../../src/backends/kwallet/backend.ts";
import { SecretServiceKeyring } from "../../src/backends/secret_service/backend.ts";
import { checkEveryPair } from "../fixtures/every_pair.ts";
import { ours, python, secretToolParty } from "../fixtures/parties.ts";

const ignore = Deno.env.get("KEYRING_TEST_KWALLET") !== "1";
const ATTEMPTS = 10;

// Connected outside the tests, because the connection stays and the sanitizer would report it.
if (!ignore) await new KWalletKeyring().list();

Deno.test("whoever writes to KDE Wallet by its own interface, everybody reads", {
  ignore,
}, async () => {
  await using debian = python("debian", "kwallet.DBusKeyring");
  await using latest = python("25", "kwallet.DBusKeyring");
  await checkEveryPair(ours(new KWalletKeyring()), [debian, latest]);
});

Deno.test("whoever writes to KDE Wallet as Secret Service, everybody reads", {
  ignore,
}, async () => {
  const bus = Deno.env.get("DBUS_SESSION_BUS_ADDRESS") ?? "unix:path=/none";
  for (let attempt = 1;; attempt++) {
    try {
      await using debian = python("debian", "SecretService.Keyring");
      await using latest = python("25", "SecretService.Keyring");
      const others = [debian, latest, secretToolParty()];
      return await checkEveryPair(ours(new SecretServiceKeyring({ bus })), others);
    } catch (error) {
      // One of a hundred sessions of theirs fails, and there are fifty: KWallet up to 6.13 mishandles
      // some keys.
      if (attempt === ATTEMPTS) throw error;
    }
  }
});
