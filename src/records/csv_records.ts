import { type ColumnMap, type CsvRecord, isHeader } from "./csv_columns.ts";
import { LineError } from "./record.ts";

// Not a literal in `import()`, and no type of the package anywhere: Deno would fetch it with the
// command, for the many who import no CSV.
export const CSV_PACKAGE = "npm:csv-parse@^7/sync";

interface CsvModule {
  CsvError: new () => Error & { code: string };
  parse(bytes: Uint8Array, options: {
    delimiter: string;
    escape: string;
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

const KEEPASS = /^"Account","Login Name","Password","Web Site","Comments"\r?\n/;

// KeePass 1, and KeePass 2 in the form of that, write \" and \\ for a quote and a backslash, and no
// other backslash.
function hasBackslashes(text: string): boolean {
  return KEEPASS.test(text) && !text.replace(/\\[\\"]/g, "").includes("\\");
}

/** Reads the records that are not empty, up to where a file stops being CSV. */
export async function readRecords(
  text: string,
  map: ColumnMap,
): Promise<{ records: CsvRecord[]; problem?: LineError }> {
  const { CsvError, parse } = await load();
  const [mark = "", marked] = /^"?sep=([^\r\n])"?(?=[\r\n])/i.exec(text) ?? [];
  const bytes = new TextEncoder().encode(text.slice(mark.length));
  const lines = new LineCounter(bytes);
  const records: CsvRecord[] = [];
  const keep = (cells: string[], info: { bytes: number }) => {
    const line = lines.current;
    lines.advance(info.bytes);
    if (cells.length === 1 ? cells[0]?.trim() : cells.some((cell) => cell !== "")) {
      records.push({ line, cells });
    }
    return null;
  };
  try {
    parse(bytes, {
      delimiter: marked ?? findDelimiter(parse, text, map),
      escape: hasBackslashes(text) ? "\\" : '"',
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

const DELIMITERS = [",", ";", "\t"];

/** Finds what separates the names of the header; they are one line. */
function findDelimiter(parse: CsvModule["parse"], text: string, map: ColumnMap): string {
  const [line = ""] = /[^\r\n]+/.exec(text) ?? [];
  const headers = DELIMITERS.map((delimiter) => ({
    delimiter,
    cells: splitLine(parse, line, delimiter),
  }));
  const found = headers.find(({ cells }) => isHeader(cells, map));
  if (found) return found.delimiter;
  headers.sort((a, b) => b.cells.length - a.cells.length);
  return headers[0]?.delimiter ?? ",";
}

function splitLine(parse: CsvModule["parse"], line: string, delimiter: string): string[] {
  let split: string[] = [];
  try {
    parse(new TextEncoder().encode(line), {
      delimiter,
      escape: '"',
      record_delimiter: ["\n"],
      relax_column_count: true,
      on_record: (cells) => {
        split = cells;
        return null;
      },
    });
  } catch {
    // With another delimiter it may be right.
  }
  return split;
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
