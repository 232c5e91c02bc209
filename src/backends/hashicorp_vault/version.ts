import type { Answer } from "./connection.ts";
import { parseExactly, scalarText } from "./exact_json.ts";

/** A version of a secret. */
export interface Version {
  version: number;
  /** Its fields; none where it is deleted. */
  fields: Record<string, unknown>;
  /** When it was deleted, or `"destroyed"`; missing where it is neither. */
  deleted?: string;
  created?: Date;
}

interface Metadata {
  version?: unknown;
  created_time?: unknown;
  deletion_time?: unknown;
  destroyed?: unknown;
}

/** The version that an answer holds, be it 200 or, for a deleted one, 404. */
export function versionOf({ status, text }: Answer, member = "data"): Version | undefined {
  if (status !== 200 && status !== 404) return undefined;
  const { data } = parsed(text) as { data?: Record<string, unknown> | null };
  const metadata = data?.metadata as Metadata | undefined;
  const version = Number(scalarText(metadata?.version));
  if (!data || !metadata || !Number.isInteger(version)) return undefined;
  const fields = data[member];
  const found: Version = { version, fields: isRecord(fields) ? fields : {} };
  const state = stateOf(metadata);
  if (state.deleted !== undefined) found.deleted = state.deleted;
  if (state.created) found.created = state.created;
  return found;
}

/** Whether a version is deleted, which may also be planned for later, and when it was created. */
export function stateOf(metadata: Metadata): Pick<Version, "deleted" | "created"> {
  const { created_time, deletion_time, destroyed } = metadata;
  const created = new Date(String(created_time));
  const deletion = typeof deletion_time === "string" ? deletion_time : "";
  const isDeleted = deletion !== "" && Date.parse(deletion) <= Date.now();
  return {
    ...(Number.isNaN(created.getTime()) ? {} : { created }),
    ...(destroyed === true
      ? { deleted: "destroyed" }
      : isDeleted
      ? { deleted: new Date(deletion).toISOString() }
      : {}),
  };
}

function parsed(text: string): object {
  try {
    const value = parseExactly(text);
    return isRecord(value) ? value : {};
  } catch {
    return {};
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
