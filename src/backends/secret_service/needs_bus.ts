import type { Backend } from "../../backend.ts";
import { Failure } from "../../errors.ts";
import { busAccess } from "../../lib/dbus/access.ts";
import { LIMITS } from "../dbus_store.ts";

/**
 * Stands in where D-Bus may not be used and another program's entries are meant: `secret-tool` finds and
 * changes what has more attributes, too, and can add none to it.
 */
export function needsBus(): Backend {
  const refuse = () => {
    const { state, flags } = busAccess();
    const reason = "entries of other programs need D-Bus";
    return Promise.reject(
      state === "denied"
        ? new Failure("permission", reason, { flag: flags })
        : new Failure("absent", `${reason}, and this kind of address is not supported`),
    );
  };
  return {
    name: "Secret Service",
    limits: LIMITS,
    read: refuse,
    write: refuse,
    remove: refuse,
    list: refuse,
    locate: refuse,
  };
}
