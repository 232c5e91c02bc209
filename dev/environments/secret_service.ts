import { session } from "../rig/session.ts";

export default session("secret_service", "a private session with gnome-keyring", [
  "dbus-run-session",
  "gnome-keyring-daemon",
  "secret-tool",
]);
