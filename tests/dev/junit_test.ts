import { assertEquals } from "@std/assert";
import { parseJUnit } from "../../dev/rig/junit.ts";

Deno.test("parseJUnit() reads what deno test writes", () => {
  const xml = `<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="deno test" tests="4" failures="1" errors="0" time="0.011">
    <testsuite name="./tests/a_test.ts" tests="4" disabled="1" errors="0" failures="1">
        <testcase name="one" classname="./tests/a_test.ts" time="0.001" line="1" col="6">
        </testcase>
        <testcase name="two" classname="./tests/a_test.ts" time="0.000" line="2" col="6">
            <skipped/>
        </testcase>
        <testcase name="&lt;three&gt; &amp; &quot;more&quot;" classname=".\\tests\\a_test.ts" line="3">
            <failure message="Uncaught Error: boom">Error: &lt;skipped/&gt;</failure>
        </testcase>
        <testcase name="one &gt; step" classname="./tests/a_test.ts" time="0.000" line="1" col="40"/>
    </testsuite>
</testsuites>`;
  const file = "tests/a_test.ts";
  assertEquals(parseJUnit(xml), [
    { file, name: "one", status: "passed", seconds: 0.001 },
    { file, name: "two", status: "skipped", seconds: 0 },
    { file, name: '<three> & "more"', status: "failed", seconds: 0 },
    { file, name: "one > step", status: "passed", seconds: 0 },
  ]);
});

Deno.test("parseJUnit() finds nothing in a report that was not written", () => {
  assertEquals(parseJUnit(""), []);
});
