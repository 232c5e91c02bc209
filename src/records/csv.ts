import { type ColumnMap, type Columns, type CsvRecord, findColumns } from "./csv_columns.ts";
import { readRecords } from "./csv_records.ts";
import {
  addLine,
  type Contents,
  type Entry,
  FIELDS,
  LineError,
  type ReadEntry,
  toEntry,
} from "./record.ts";

export async function parseCsv(text: string, map: ColumnMap = {}): Promise<Contents> {
  const { records: [header, ...records], problem } = await readRecords(text, map);
  if (!header && problem) return { entries: [], problems: [problem] };
  const columns = findColumns(header, records, map);
  if (columns instanceof LineError) return { entries: [], problems: [columns] };
  const contents: Contents = { entries: [], problems: [] };
  for (const record of records) {
    // As a note that a password manager keeps among its logins.
    const isOther = columns.isMapped &&
      [...columns.indexes.values()].every((index) => record.cells[index] === "");
    if (!isOther) addLine(contents, () => readRecord(record, columns));
  }
  if (problem) contents.problems.push(problem);
  return contents;
}

function readRecord({ line, cells }: CsvRecord, columns: Columns): ReadEntry {
  const { count, named, indexes, nameless } = columns;
  // A program may end only some of the lines with a delimiter. Anything else may have lost a field.
  if (cells.length < named || cells.slice(count).some((cell) => cell !== "")) {
    throw new LineError(line, `it has ${cells.length} fields, and the header ${count}`);
  }
  if (nameless.some((index) => (cells[index] ?? "") !== "")) {
    throw new LineError(line, "it has a field in a column without a name");
  }
  const fields = Object.fromEntries([...indexes].map(([field, index]) => [field, cells[index]]));
  // Of two columns the empty one is ignored.
  if (fields.base64 === "" && fields.password !== undefined) delete fields.base64;
  else if (fields.base64 !== undefined && fields.password === "") delete fields.password;
  return toEntry(line, fields);
}

export function formatCsv(entries: readonly Entry[]): string {
  const withSecrets = entries.every(({ secret }) => secret !== undefined);
  const withBytes = entries.some(({ secret }) => secret instanceof Uint8Array);
  const columns = FIELDS.slice(0, withBytes ? 4 : withSecrets ? 3 : 2);
  const rows = entries.map(({ service, username, secret = "" }) =>
    [service, username, ...typeof secret === "string" ? [secret, ""] : ["", secret.toBase64()]]
      .slice(0, columns.length)
  );
  return [columns, ...rows].map((cells) => `${cells.map(quoteCell).join(",")}\r\n`).join("");
}

// Also where a reader might strip white space, or skip the line as an empty one; and a NUL, which
// is read only in quotes.
function quoteCell(cell: string): string {
  const isPlain = /^[^\s",\0](?:[^\r\n",\0]*[^\s",\0])?$/.test(cell);
  return isPlain || cell === "" ? cell : `"${cell.replaceAll('"', '""')}"`;
}
