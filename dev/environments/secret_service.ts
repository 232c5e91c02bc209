import { session } from "../rig/session.ts";

export default session("secret_service", "a private session with gnome-keyring", [
  "dbus-run-session (dbus)",
  "gnome-keyring-daemon (gnome-keyring)",
  "secret-tool (libsecret-tools)",
]);
