// Who else could read, change or replace a file. Windows has no mode bits: there the access control
// lists of the user's profile keep others out.

import { Failure } from "../../errors.ts";
import { mayRead } from "../../lib/environment.ts";
import { shellWord } from "../../lib/shell.ts";
import { folderOf, readSetting } from "./location.ts";

const TRUST = "KEYRING_FILE_TRUST_PERMISSIONS";
const WRITABLE = 0o022;
const STICKY = 0o1000;

/** The purpose of a file: a key may be delivered to a service by the system. */
export interface Role {
  what: string;
  isKey: boolean;
  /** Whether its folder is only ours. */
  own?: boolean;
}

function areTrusted(): boolean {
  return Deno.build.os === "windows" || readSetting(TRUST) === "1";
}

function ownUid(): number | undefined {
  const { state } = Deno.permissions.querySync({ name: "sys", kind: "uid" });
  return state === "granted" ? Deno.uid() ?? undefined : undefined;
}

function isTrusted(uid: number | null): boolean {
  const own = ownUid();
  // In a user namespace the system's root has another number.
  return own === undefined || uid === own || uid === 0 || uid === look("/")?.uid;
}

/** Without following a link; `undefined` where it may not be read, `null` where there is nothing. */
function look(path: string): Deno.FileInfo | null | undefined {
  if (!mayRead(path)) return undefined;
  try {
    return Deno.lstatSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    if (error instanceof Deno.errors.NotCapable) return undefined;
    // A folder that may not be searched: opening the file says so.
    if (error instanceof Deno.errors.PermissionDenied) return undefined;
    throw error;
  }
}

const MOST_LINKS = 40;

interface Step {
  folder: string;
  /** What is looked for in it. */
  path: string;
  child: Deno.FileInfo | null | undefined;
  isLast: boolean;
}

/** Each folder in which the system looks for the next part of the path, also those of links. */
function* walk(path: string): Generator<Step> {
  const isAbsolute = path.startsWith("/");
  const start = isAbsolute || !mayRead(".") ? path : `${Deno.cwd()}/${path}`;
  let folder = start.startsWith("/") ? "/" : ".";
  const names = start.split("/").reverse();
  for (let links = 0; names.length > 0;) {
    const name = names.pop();
    if (!name || name === ".") continue;
    if (name === ".." && folder.startsWith("/")) {
      folder = folderOf(folder);
      continue;
    }
    const path = folder === "/" ? `/${name}` : `${folder}/${name}`;
    const child = look(path);
    yield { folder, path, child, isLast: names.every((name) => name === "") };
    if (child === null) return;
    if (!child?.isSymlink) folder = path;
    else {
      if (++links > MOST_LINKS) return;
      const target = Deno.readLinkSync(path);
      if (target.startsWith("/")) folder = "/";
      names.push(...target.split("/").reverse());
    }
  }
}

/** Refuses a path on which others could replace the file; returns the folders it may not check. */
export function checkPath(path: string, role: Role): string[] {
  if (areTrusted()) return [];
  const unchecked = new Set<string>();
  let { own = false } = role;
  for (const step of walk(path)) {
    const info = look(step.folder);
    if (info) checkFolder(info, step, { ...role, own: own && step.isLast });
    else unchecked.add(step.folder);
    if (step.isLast) own = false;
  }
  return [...unchecked];
}

function checkFolder(info: Deno.FileInfo, step: Step, { what, isKey, own }: Role): void {
  const { folder, path, child, isLast } = step;
  const leads = isLast
    ? `the folder of ${what}, "${folder}"`
    : `"${folder}", a folder above ${what}`;
  if (!isTrusted(info.uid)) {
    refuse(`another user owns ${leads} ${describe(info)}`, adviseOwner(folder, info));
  }
  const mode = info.mode ?? 0;
  if ((mode & (own ? 0o077 : WRITABLE)) === 0) return;
  const isSticky = (mode & STICKY) !== 0;
  if (isSticky && (!isLast || isKey)) {
    // Others can change only what is theirs there; folders and files are checked in their turn.
    if (!child?.isSymlink || isTrusted(child.uid)) return;
    refuse(`another user owns the link "${path}" ${describe(child)}`, adviseOwner(path, child));
  }
  const advice = isSticky
    ? `Keep ${what} in a separate folder.`
    : adviseMode(folder, info, own ? "700" : "go-w");
  refuse(`others can ${own ? "look into" : "change"} ${leads} ${describe(info)}`, advice);
}

/** Refuses a file that others own, or can read or change. */
export function checkFile(path: string, info: Deno.FileInfo, { what, isKey }: Role): void {
  if (areTrusted() || info.mode === null || !info.isFile) return;
  // Kubernetes, Swarm and systemd deliver a key as root's, for a group, all or an access list, which
  // shows as a group's bits.
  const isDelivered = isKey && info.uid === 0;
  const reason = `${what} "${path}" ${describe(info)}`;
  if (!isTrusted(info.uid)) refuse(`another user owns ${reason}`, adviseOwner(path, info));
  if ((info.mode & (isDelivered ? WRITABLE : 0o077)) === 0) return;
  const can = isDelivered ? "change" : "read or change";
  refuse(`others can ${can} ${reason}`, adviseMode(path, info, isDelivered ? "go-w" : "600"));
}

/** Reports what denies access to a file: the last item on its path that can be seen. */
export function deniedAccess(path: string, { what }: Role, cause: unknown): Failure | undefined {
  if (Deno.build.os === "windows") return undefined;
  const seen = [...walk(path)].findLast(({ child }) => child);
  if (!seen?.child) return undefined;
  const own = ownUid();
  const as = own === undefined ? "" : ` as uid ${own}`;
  const reason = `${what} "${path}" cannot be read${as}: access is denied by "${seen.path}" ` +
    describe(seen.child);
  const advice = own === undefined
    ? `Run it as uid ${seen.child.uid}.`
    : seen.isLast
    ? `Run it as uid ${seen.child.uid}, or give the file away as root: ` +
      `\`chown ${own} ${shellWord(seen.path)}\`.`
    : `Run it as uid ${seen.child.uid}, or keep ${what} in a folder that uid ${own} may enter.`;
  return new Failure("other", reason, { advice, cause });
}

function describe({ uid, gid, mode }: Deno.FileInfo): string {
  const octal = ((mode ?? 0) & 0o7777).toString(8).padStart(4, "0");
  return `(uid ${uid}, gid ${gid}, mode ${octal})`;
}

function adviseOwner(path: string, { uid, isSymlink }: Deno.FileInfo): string {
  const command = `chown ${isSymlink ? "-h " : ""}${ownUid()} ${shellWord(path)}`;
  return `Run it as uid ${uid}; or, if you trust what is there, take it over as root: \`${command}\`.`;
}

function adviseMode(path: string, { uid }: Deno.FileInfo, mode: string): string {
  const own = ownUid();
  const chmod = `chmod ${mode} ${shellWord(path)}`;
  if (own === undefined || own === 0 || own === uid) return `Fix it with \`${chmod}\`.`;
  // Root's file of mode 600 could no longer be read.
  const chown = mode === "go-w" ? "" : `chown ${own} ${shellWord(path)} && `;
  return `Fix it as root with \`${chown}${chmod}\`.`;
}

function refuse(reason: string, advice: string): never {
  const { state } = Deno.permissions.querySync({ name: "env", variable: TRUST });
  const flag = state === "granted" ? "" : ` and add --allow-env=${TRUST} to the deno command`;
  throw new Failure("other", reason, {
    advice: `${advice} Where the file system holds no such permissions, set ${TRUST}=1${flag}.`,
  });
}

/** What was not checked, for users who want to know whether they are safe. */
export function describeUnchecked(folders: readonly string[]): string | undefined {
  if (Deno.build.os === "windows") return undefined;
  if (areTrusted()) return `not checked: permissions (${TRUST}=1)`;
  const missing = [
    ...ownUid() === undefined ? ["owners (without --allow-sys=uid)"] : [],
    ...folders.length > 0 ? [`who can change ${folders.join(", ")} (without --allow-read)`] : [],
  ];
  return missing.length > 0 ? `not checked: ${missing.join("; ")}` : undefined;
}
