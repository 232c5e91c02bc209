import { session } from "../rig/session.ts";

export default session("keepassxc", "a private session with KeePassXC", [
  "dbus-run-session (dbus)",
  "dbus-send (dbus)",
  "Xvfb (xvfb)",
  "keepassxc",
]);
