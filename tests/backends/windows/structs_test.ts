import { assertEquals } from "@std/assert";
import {
  ATTRIBUTE_SIZE,
  blockSize,
  copyCredential,
  CREDENTIAL_SIZE,
  decodeCredential,
  encodeCredential,
  readHeader,
  zeroSecret,
} from "../../../src/backends/windows/structs.ts";

const BASE = 0x7ff0_1234_0000n;

/** The functions of kernel32 that read memory, on one block. */
function memoryOf(block: Uint8Array): Parameters<typeof readHeader>[0] {
  const from = (address: bigint) => block.subarray(Number(address - BASE));
  return {
    copyOut: (into, address, size) => {
      const { buffer, byteOffset } = into as Uint8Array;
      new Uint8Array(buffer, byteOffset).set(from(BigInt(address)).subarray(0, Number(size)));
    },
    lstrlenW: (address) => {
      const view = new DataView(block.buffer, Number(BigInt(address) - BASE));
      let length = 0;
      while (view.getUint16(length * 2, true) !== 0) length++;
      return length;
    },
    RtlZeroMemory: (address, size) => void from(BigInt(address)).fill(0, 0, Number(size)),
  };
}

Deno.test("encodeCredential() lays out a CREDENTIALW that decodeCredential() reads", () => {
  const fields = {
    target: "svc",
    userName: "al",
    comment: "c",
    persist: 2,
    blob: new Uint8Array([1, 2, 3]),
  };
  const base = 0x7ff0_1234_0000n;
  const block = encodeCredential(fields, base);
  assertEquals(block.length, blockSize(fields));
  const header = decodeCredential(block);
  assertEquals(header.type, 1);
  assertEquals(header.persist, 2);
  assertEquals(header.blobSize, 3);
  assertEquals(header.targetName, base + 80n);
  const at = Number(header.blob - base);
  assertEquals([...block.slice(at, at + 3)], [1, 2, 3]);
  const user = Number(header.userName - base);
  assertEquals([...block.slice(user, user + 6)], [0x61, 0, 0x6c, 0, 0, 0]);
});

Deno.test("encodeCredential() gives no address to an empty secret and a missing user", () => {
  const fields = { target: "s", userName: null, comment: "", persist: 1, blob: new Uint8Array() };
  const header = decodeCredential(encodeCredential(fields, 0x1000n));
  assertEquals([header.blob, header.blobSize, header.userName], [0n, 0, 0n]);
});

Deno.test("encodeCredential() lays out type, alias and attributes", () => {
  const value = Uint8Array.of(9, 8);
  const fields = {
    type: 2,
    target: "t",
    userName: "u",
    comment: "",
    persist: 3,
    blob: Uint8Array.of(1),
    targetAlias: "al",
    attributes: [{ keyword: "k1", flags: 0, value }, { keyword: "k2", flags: 5, value }],
  };
  const base = 0x1000n;
  const block = encodeCredential(fields, base);
  assertEquals(block.length, blockSize(fields));
  const header = decodeCredential(block);
  assertEquals([header.type, header.attributeCount, header.attributes], [2, 2, base + 80n]);
  const alias = Number(header.targetAlias - base);
  assertEquals([...block.slice(alias, alias + 4)], [0x61, 0, 0x6c, 0]);
  // CREDENTIAL_ATTRIBUTEW: Keyword at 0, Flags at 8, ValueSize at 12, Value at 16.
  const second = new DataView(block.buffer, CREDENTIAL_SIZE + ATTRIBUTE_SIZE, ATTRIBUTE_SIZE);
  assertEquals([second.getUint32(8, true), second.getUint32(12, true)], [5, 2]);
  const at = Number(second.getBigUint64(16, true) - base);
  assertEquals([...block.slice(at, at + 2)], [9, 8]);
  const keyword = Number(second.getBigUint64(0, true) - base);
  assertEquals(block[keyword + 2], 0x32);
});

Deno.test("copyCredential() copies what encodeCredential() laid out", () => {
  const fields = {
    type: 1,
    target: "t",
    userName: "",
    comment: "né🔑",
    persist: 2,
    blob: Uint8Array.of(1, 2, 3),
    targetAlias: "",
    attributes: [{ keyword: "k", flags: 5, value: Uint8Array.of(9) }, {
      keyword: "",
      flags: 0,
      value: new Uint8Array(),
    }],
  };
  const block = encodeCredential(fields, BASE);
  const memory = memoryOf(block);
  const header = readHeader(memory, BASE);
  const found = { ...fields, lastWritten: undefined };
  assertEquals(copyCredential(memory, header, true), found);
  assertEquals(copyCredential(memory, header, false), { ...found, blob: new Uint8Array() });
  zeroSecret(memory, header);
  assertEquals(copyCredential(memory, header, true), { ...found, blob: new Uint8Array(3) });
});
