// What the Windows driver encodes comes back, and what it did not encode does no harm. A failure
// prints the seed that repeats it.

import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  CREDENTIAL_SIZE,
  decodeCredential,
  encodeCredential,
  encodeUtf16,
} from "../../../src/backends/windows/structs.ts";
import { decodeBlob } from "../../../src/backends/windows/target.ts";
import { compoundTarget, serviceOf } from "../../../src/layouts/python.ts";

const BASE = 0x7ff0_1234_0000n;
const RUNS = { numRuns: 1_000 };

/** Text that may be anything but hold a NUL, halves of surrogate pairs included. */
function wideText(): fc.Arbitrary<string> {
  const unit = fc.integer({ min: 1, max: 0xffff });
  return fc.array(unit, { maxLength: 40 }).map((units) => String.fromCharCode(...units));
}

function blobs(): fc.Arbitrary<Uint8Array> {
  return fc.uint8Array({ maxLength: 80 });
}

function wideAt(block: Uint8Array, address: bigint): string | null {
  if (address === 0n) return null;
  const view = new DataView(block.buffer, block.byteOffset);
  let text = "";
  for (let at = Number(address - BASE);; at += 2) {
    const unit = view.getUint16(at, true);
    if (unit === 0) return text;
    text += String.fromCharCode(unit);
  }
}

Deno.test("every credential comes back from the block that it is laid out in", () => {
  const credentials = fc.record({
    target: wideText(),
    userName: fc.option(wideText()),
    comment: wideText(),
    persist: fc.integer({ min: 0, max: 0xffff_ffff }),
    blob: blobs(),
  });
  fc.assert(
    fc.property(credentials, (fields) => {
      const block = encodeCredential(fields, BASE);
      const header = decodeCredential(block);
      assertEquals(wideAt(block, header.targetName), fields.target);
      assertEquals(wideAt(block, header.comment), fields.comment);
      assertEquals(wideAt(block, header.userName), fields.userName);
      assertEquals([header.type, header.persist], [1, fields.persist]);
      const at = header.blob === 0n ? 0 : Number(header.blob - BASE);
      assertEquals(block.slice(at, at + header.blobSize), Uint8Array.from(fields.blob));
      assertEquals(header.lastWritten, undefined);
    }),
    RUNS,
  );
});

Deno.test("any 80 bytes are a credential whose time can be printed", () => {
  const size = CREDENTIAL_SIZE;
  fc.assert(
    fc.property(fc.uint8Array({ minLength: size, maxLength: size }), (bytes) => {
      const { lastWritten, blobSize } = decodeCredential(bytes);
      assert(lastWritten === undefined || lastWritten.toISOString() !== "");
      assert(blobSize >= 0 && blobSize <= 0xffff_ffff);
    }),
    RUNS,
  );
});

Deno.test("text comes back from a blob exactly, also a byte order mark", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), fc.boolean(), (text, marked) => {
      const whole = marked ? `\ufeff${text}` : text;
      assertEquals(decodeBlob(encodeUtf16(whole), "utf-16le"), whole);
    }),
    RUNS,
  );
});

Deno.test("any blob is text in its encoding or is refused", () => {
  fc.assert(
    fc.property(blobs(), (blob) => {
      const before = blob.slice();
      const wide = decodeBlob(blob, "utf-16le");
      if (wide !== undefined) assertEquals(encodeUtf16(wide), blob);
      const narrow = decodeBlob(blob, "utf-8");
      if (narrow !== undefined) assertEquals(new TextEncoder().encode(narrow), blob);
      const guessed = decodeBlob(blob);
      const candidates = [wide, narrow, decodeBlob(blob.subarray(2), "utf-16le")];
      assert(candidates.includes(guessed));
      assertEquals(blob, before);
    }),
    RUNS,
  );
});

Deno.test("the service comes back from the target of a user", () => {
  const names = fc.string({ unit: "binary", minLength: 1 });
  fc.assert(
    fc.property(names, fc.string({ unit: "binary" }), (service, username) => {
      assertEquals(serviceOf(compoundTarget(service, username), username), service);
    }),
    RUNS,
  );
});
