import {
  addLine,
  type Contents,
  type Entry,
  FIELDS,
  LineError,
  type ReadEntry,
  toEntry,
  unknownField,
} from "./record.ts";

interface CsvRecord {
  line: number;
  cells: string[];
}

export async function parseCsv(text: string): Promise<Contents> {
  const contents: Contents = { entries: [], problems: [] };
  const { records: [header, ...records], problem } = await readRecords(text);
  const mistake = header ? checkHeader(header) : problem ?? noHeader(1);
  if (!header || mistake) return { entries: [], problems: mistake ? [mistake] : [] };
  for (const record of records) addLine(contents, () => readRecord(record, header.cells));
  if (problem) contents.problems.push(problem);
  return contents;
}

// Not a literal in `import()`, and no type of the package anywhere: Deno would fetch it with the
// command, for the many who import no CSV.
export const CSV_PACKAGE = "npm:csv-parse@^7/sync";

interface CsvModule {
  CsvError: new () => Error & { code: string };
  parse(bytes: Uint8Array, options: {
    record_delimiter: string[];
    relax_column_count: boolean;
    on_record(cells: string[], info: { bytes: number }): null;
  }): void;
}

async function load(): Promise<CsvModule> {
  try {
    return await import(CSV_PACKAGE);
  } catch (error) {
    const reason = error instanceof Error ? error.message.split("\n")[0] : String(error);
    throw new Error(
      `The package csv-parse, which reads CSV, cannot be loaded: ${reason}. ` +
        `Download it once with \`deno cache ${CSV_PACKAGE}\`, or import JSON Lines`,
      { cause: error },
    );
  }
}

async function readRecords(text: string): Promise<{ records: CsvRecord[]; problem?: LineError }> {
  const { CsvError, parse } = await load();
  const bytes = new TextEncoder().encode(text);
  const lines = new LineCounter(bytes);
  const records: CsvRecord[] = [];
  const keep = (cells: string[], info: { bytes: number }) => {
    const line = lines.current;
    lines.advance(info.bytes);
    if (cells.length > 1 || cells[0] !== "") records.push({ line, cells });
    return null;
  };
  try {
    parse(bytes, {
      record_delimiter: ["\r\n", "\n"],
      relax_column_count: true,
      on_record: keep,
    });
    return { records };
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    return { records, problem: new LineError(lines.current, explain(error.code)) };
  } finally {
    bytes.fill(0);
  }
}

// The parser's own count takes a CRLF inside quotes for two lines.
class LineCounter {
  current = 1;
  #offset = 0;

  constructor(private readonly bytes: Uint8Array) {}

  advance(offset: number): void {
    for (; this.#offset < offset; this.#offset++) {
      if (this.bytes[this.#offset] === 0x0a) this.current++;
    }
  }
}

// By its code: the parser's own message quotes the field, which may be the secret.
function explain(code: string): string {
  const reason = code === "CSV_QUOTE_NOT_CLOSED"
    ? "a quoted field has no end"
    : "it has a quote where none belongs";
  return `it is not valid CSV: ${reason}; the lines after it were not read`;
}

function checkHeader({ line, cells }: CsvRecord): LineError | undefined {
  // A first line that is not a header is an entry, and must not be shown.
  if (!cells.includes("service") || !cells.includes("username")) return noHeader(line);
  const unknown = cells.find((name) => !FIELDS.includes(name));
  if (unknown !== undefined) return new LineError(line, unknownField(unknown));
  const repeated = cells.find((name, index) => cells.indexOf(name) < index);
  if (repeated !== undefined) return new LineError(line, `it has the column ${repeated} twice`);
  if (cells.length > 2) return undefined;
  return new LineError(line, "it has neither a column password nor base64");
}

function noHeader(line: number): LineError {
  return new LineError(
    line,
    "there is no header with the columns service, username, and password or base64, " +
      "separated by commas",
  );
}

function readRecord({ line, cells }: CsvRecord, header: readonly string[]): ReadEntry {
  if (cells.length !== header.length) {
    throw new LineError(line, `it has ${cells.length} fields, and the header ${header.length}`);
  }
  const fields = Object.fromEntries(header.map((name, index) => [name, cells[index]]));
  // Of two columns the empty one is left out.
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
