import { prepareKWallet6 } from "../rig/kwalletd6.ts";
import { session } from "../rig/session.ts";

const PROGRAMS = ["dbus-run-session (dbus)", "dbus-send (dbus)", "python3"];

export default session("kwallet", "a private session with an open KDE Wallet 6", PROGRAMS, {
  variables: async () => ({ KWALLETD: await prepareKWallet6() }),
});
