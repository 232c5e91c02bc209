import { cached } from "../rig/cache.ts";
import { announce, mustRun, RigUnavailableError, succeeds } from "../rig/process.ts";

const MODULE = "github.com/gopasspw/gopass";
const VERSION = "v1.15.14";

/** Builds gopass with Go. What Debian calls gopass is another program. */
export default async function prepare(): Promise<{ folder: string; path: string }> {
  if (!await succeeds("go", ["version"])) {
    throw new RigUnavailableError("gopass is built with Go, which is missing", {
      impossible: true,
    });
  }
  return { folder: await cached(`gopass-${VERSION}`, build), path: "gopass" };
}

async function build(folder: string): Promise<void> {
  announce(`building gopass ${VERSION} with Go (once)`);
  await Deno.mkdir(folder);
  // `go install` would ask which versions there are, which not every proxy tells.
  const options = { cwd: folder };
  await mustRun("go", ["mod", "init", "gopass_build"], options);
  await mustRun("go", ["mod", "edit", `-require=${MODULE}@${VERSION}`], options);
  await mustRun("go", ["build", "-mod=mod", "-o", `${folder}/gopass`, MODULE], options);
}
