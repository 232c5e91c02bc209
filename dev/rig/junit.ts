/**
 * Reading what `deno test --junit-path` wrote.
 *
 * @module
 */

/** What became of one test or step. */
export interface TestResult {
  /** The test's file, relative to the repository, with `/`. */
  file: string;
  /** The test's name. */
  name: string;
  /** What became of it. */
  status: "passed" | "failed" | "skipped";
  /** How long it took. */
  seconds: number;
}

/** Reads a JUnit report as Deno writes it: one element a line start, no CDATA. */
export function parseJUnit(xml: string): TestResult[] {
  const results: TestResult[] = [];
  const pattern = /<testcase\b([^>]*?)(?:\/>|>([\s\S]*?)<\/testcase>)/g;
  for (const [, attributes = "", body = ""] of xml.matchAll(pattern)) {
    results.push({
      file: attribute(attributes, "classname").replaceAll("\\", "/").replace(/^\.\//, ""),
      name: attribute(attributes, "name"),
      status: statusOf(body),
      seconds: Number(attribute(attributes, "time")),
    });
  }
  return results;
}

function statusOf(body: string): TestResult["status"] {
  if (/<(failure|error)\b/.test(body)) return "failed";
  return /<skipped\b/.test(body) ? "skipped" : "passed";
}

const ENTITIES: Record<string, string> = { amp: "&", apos: "'", gt: ">", lt: "<", quot: '"' };

function attribute(attributes: string, name: string): string {
  const value = new RegExp(`\\b${name}="([^"]*)"`).exec(attributes)?.[1] ?? "";
  return value.replace(/&(\w+);/g, (whole, entity) => ENTITIES[entity] ?? whole);
}
