import { cached } from "../rig/cache.ts";
import { installAll } from "../rig/debian.ts";
import { announce, mustRun } from "../rig/process.ts";

const PIP = "pip==26.3";
const CLIENTS = [
  "keyring==25.7.0",
  "uv==0.13.9",
  "twine==7.0.0",
  "poetry==2.5.1",
  "pipx==1.18.4",
];

/**
 * Fetches the programs of Python that ask a keyring, in one virtual environment; beside it, in `pip`,
 * a pip that cannot import Python's keyring.
 */
export default async function prepare(): Promise<{ folder: string }> {
  const versions = [PIP, ...CLIENTS].map((client) => client.replace("==", "-")).join("-");
  return { folder: await cached(`python-clients-${versions}`, install) };
}

async function install(folder: string): Promise<void> {
  await installAll([{ name: "python3:ensurepip", package: "python3-venv" }]);
  announce("fetching uv, twine, poetry, pipx and pip from PyPI (once)");
  await mustRun("/usr/bin/python3", ["-m", "venv", folder]);
  const python = `${folder}/bin/python3`;
  const pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
  await mustRun(python, [...pip, "--target", `${folder}/pip`, PIP]);
  await mustRun(python, [...pip, ...CLIENTS]);
}
