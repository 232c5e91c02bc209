import { quote } from "../errors.ts";
import { FIELDS, LineError } from "./record.ts";

export interface CsvRecord {
  line: number;
  cells: string[];
}

/** The names of columns, by the fields of an entry that they hold. */
export type ColumnMap = Readonly<Record<string, string>>;

export interface Columns {
  count: number;
  /** How many there are up to the last one that has a name. */
  named: number;
  /** Where each field is. */
  indexes: Map<string, number>;
  /** The column is not a field, and must be empty. */
  nameless: number[];
  /** Whether others may be left out. */
  isMapped: boolean;
}

export function foldName(name: string): string {
  return name.trim().toLowerCase();
}

/** Whether these are the names of columns with all that an entry needs. */
export function isHeader(cells: readonly string[], map: ColumnMap): boolean {
  return missingFields(indexesOf(cells.map(foldName), map)).length === 0;
}

/** Finds the fields of an entry by the header; `records` are those after it. */
export function findColumns(
  header: CsvRecord | undefined,
  records: readonly CsvRecord[],
  map: ColumnMap,
): Columns | LineError {
  const { line, cells } = header ?? { line: 1, cells: [] };
  const names = cells.map(foldName);
  const indexes = indexesOf(names, map);
  const fail = (reason: string) => new LineError(line, reason);
  const missing = missingFields(indexes);
  if (missing.length > 0) return fail(explainMissing(missing, { line, cells }, records, map));
  const repeated = [...indexes].find(([field, index]) =>
    names.includes(map[field] ?? field, index + 1)
  );
  if (repeated) return fail(`it has the column of the ${repeated[0]} twice`);
  const secret = indexes.get("password") ?? indexes.get("base64");
  const exposed = ["service", "username"].find((field) => indexes.get(field) === secret);
  if (exposed) return fail(`the column of the password would be the ${exposed}, which is shown`);
  const isMapped = Object.keys(map).length > 0;
  const used = new Set(indexes.values());
  const others = cells.filter((cell, index) => cell.trim() !== "" && !used.has(index));
  if (others.length > 0 && !isMapped) {
    return fail(
      `it has columns other than ${FIELDS.join(", ")}: ` +
        `${describe(others, { line, cells }, records, map)}. ` +
        "With --map password=password they are left out",
    );
  }
  const nameless = isMapped ? [] : names.flatMap((name, index) => name === "" ? [index] : []);
  const named = names.findLastIndex((name) => name !== "") + 1;
  return { count: cells.length, named, indexes, nameless, isMapped };
}

function indexesOf(names: readonly string[], map: ColumnMap): Map<string, number> {
  const found = FIELDS.map((field) => [field, names.indexOf(map[field] ?? field)] as const);
  return new Map(found.filter(([, index]) => index >= 0));
}

function missingFields(indexes: ReadonlyMap<string, number>): string[] {
  const missing = ["service", "username"].filter((field) => !indexes.has(field));
  const hasSecret = indexes.has("password") || indexes.has("base64");
  return hasSecret ? missing : [...missing, "password"];
}

function explainMissing(
  missing: readonly string[],
  header: CsvRecord,
  records: readonly CsvRecord[],
  map: ColumnMap,
): string {
  const found = describe(header.cells, header, records, map);
  if (found === undefined) {
    return "there is no header with the columns service, username, and password or base64, " +
      "separated by commas, semicolons or tabs";
  }
  const columns = missing.map((field) => map[field] === undefined ? field : quote(map[field]));
  const advice = missing.map((field) => `${field}=COLUMN`).join(",");
  const noun = columns.length === 1 ? "column" : "columns";
  return `it has no ${noun} ${columns.join(", ")}; there are ${found}. Use --map ${advice}`;
}

// Of these, or those of the map, every header has two.
const USUAL = [
  ...FIELDS,
  ...["url", "uri", "website", "web site", "site", "host", "name", "title", "account"],
  ...["user", "user name", "login", "login name", "login_username", "login_uri", "email"],
  ...["pass", "login_password", "note", "notes", "comments", "group", "folder", "type", "totp"],
];

// A first line that is not a header is an entry, and must not be shown. Nor must the end of one that
// has lost its line break: then it is longer than the others.
function describe(
  names: readonly string[],
  { cells }: CsvRecord,
  records: readonly CsvRecord[],
  map: ColumnMap,
): string | undefined {
  const isUsual = (name: string) => [...USUAL, ...Object.values(map)].includes(foldName(name));
  if (cells.filter(isUsual).length < 2) return undefined;
  const isWhole = records.length > 0 && records.every((each) => each.cells.length === cells.length);
  const isShown = (name: string) =>
    isUsual(name) || (isWhole && /^[\p{L}_][\p{L} _-]{0,31}$/u.test(name.trim()));
  const shown = names.filter(isShown).map((name) => quote(name.trim()));
  const more = names.length - shown.length;
  return [...shown, ...(more > 0 ? [`${more} more`] : [])].join(", ");
}
