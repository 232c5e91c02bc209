import { assertEquals } from "@std/assert";
import { StoreFiles } from "../../../src/backends/pass/files.ts";

const ignore = Deno.build.os === "windows";

Deno.test(
  "StoreFiles.replace() leaves what another process wrote meanwhile",
  { ignore },
  async () => {
    const root = await Deno.realPath(await Deno.makeTempDir());
    try {
      const files = new StoreFiles(root);
      const encode = (text: string) => new TextEncoder().encode(text);
      const [old, other, own] = [encode("old"), encode("other"), encode("own")];
      const file = files.fileOf("my_app/alice");
      assertEquals(await files.replace(file, old, other), false);
      assertEquals(await files.replace(file, old, null), true);
      assertEquals(await files.replace(file, own, null), false);
      assertEquals(await files.replace(file, own, other), false);
      assertEquals(await files.read("my_app/alice"), old);
      assertEquals(await files.replace(file, own, old), true);
      assertEquals(await files.read("my_app/alice"), own);
      assertEquals([...Deno.readDirSync(`${root}/my_app`)].map(({ name }) => name), ["alice.gpg"]);
    } finally {
      await Deno.remove(root, { recursive: true });
    }
  },
);
