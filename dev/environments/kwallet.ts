import { session } from "../rig/session.ts";

export default session("kwallet", "a private session with an open KDE Wallet", [
  "dbus-run-session (dbus)",
  "dbus-send (dbus)",
  "python3",
  "/usr/bin/kwalletd5 (libkf5wallet-bin libqca-qt5-2-plugins)",
]);
