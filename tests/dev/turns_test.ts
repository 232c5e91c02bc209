import { assertEquals } from "@std/assert";
import { Turns } from "../../dev/rig/turns.ts";

Deno.test("Turns lets the first one stream, and keeps the others' lines together", async () => {
  const printed: string[] = [];
  const turns = new Turns(async (chunk) => {
    await Promise.resolve();
    printed.push(new TextDecoder().decode(chunk));
  });
  const bytes = (text: string) => new TextEncoder().encode(text);
  const [first, second, third] = [turns.begin(), turns.begin(), turns.begin()];
  await second.write(bytes("b1"));
  await first.write(bytes("a1"));
  assertEquals(printed, ["a1"]);
  await third.write(bytes("c1"));
  await third.end();
  await first.write(bytes("a2"));
  await first.end();
  assertEquals(printed, ["a1", "a2", "b1"]);
  await second.write(bytes("b2"));
  await second.end();
  assertEquals(printed, ["a1", "a2", "b1", "b2", "c1"]);
});
