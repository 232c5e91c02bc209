/**
 * The ways to run the tests: on this system, in a private desktop session, and under Wine.
 *
 * @module
 */

import { filesUnder, REPOSITORY, withRunFolder } from "./cache.ts";
import { needPrograms, PYTHON_KEYRING } from "./debian.ts";
import { parseJUnit, type TestResult } from "./junit.ts";
import { fetchParties, WINE_PARTIES } from "./parties.ts";
import { preparePip } from "./pip.ts";
import { buildProbe, PROBE, WINE_PROBE } from "./probe.ts";
import { announce, RigUnavailableError, run } from "./process.ts";
import { runInWine } from "./wine.ts";

/** The names of the steps, in order. */
export const STEPS = ["unit", "linux", "wine"] as const;

/** The name of a step. */
export type StepName = typeof STEPS[number];

/** What came of a step. */
export interface StepResult {
  /** The step. */
  step: StepName;
  /** What each test did. */
  results: TestResult[];
  /** The exit code of `deno test`. */
  code: number;
  /** Why the step could not run at all. */
  unavailable?: string;
}

/** Runs one step; its output streams through. */
export async function runStep(step: StepName): Promise<StepResult> {
  const action = { unit, linux, wine }[step];
  try {
    return await withRunFolder(async (folder) => {
      const code = await action(folder);
      const xml = await Deno.readTextFile(`${folder}/junit.xml`).catch(() => "");
      return { step, code, results: parseJUnit(xml) };
    });
  } catch (error) {
    if (!(error instanceof RigUnavailableError)) throw error;
    return { step, code: 0, results: [], unavailable: error.message };
  }
}

async function unit(folder: string): Promise<number> {
  const env: Record<string, string> = {};
  const args = ["test", "-A", `--junit-path=${folder}/junit.xml`];
  if (Deno.build.os === "linux") {
    await wantPython();
    await needPrograms(["zsh", "fish"]).catch((error) => {
      announce(`no shells to try the completions in: ${error.message}`);
    });
    // Nothing here touches a store, so that order does not matter.
    args.push("--parallel");
    env.DENO_DIR = await denoFolder();
    for (const name of ["HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"]) env[name] = `${folder}/home`;
    await Deno.mkdir(`${folder}/home`);
  } else if (Deno.build.os === "windows") {
    env.KEYRING_TEST_WINDOWS = "1";
    const probe = await buildProbe();
    if (probe) env.KEYRING_TEST_PROBE = `${probe}/${PROBE}`;
  } else {
    env.KEYRING_TEST_KEYCHAIN = "1";
  }
  return await run(Deno.execPath(), [...args, "tests"], { cwd: REPOSITORY, env, group: true });
}

/** Python's keyring is the other party of many tests, and its `pty` types into the prompt. */
async function wantPython(): Promise<void> {
  await needPrograms([PYTHON_KEYRING]).catch((error) => {
    announce(`no Python keyring to cross-check with: ${error.message}`);
  });
}

async function linux(folder: string): Promise<number> {
  if (Deno.build.os !== "linux") throw new RigUnavailableError("this is not Linux");
  const programs = [
    "dbus-run-session",
    "gnome-keyring-daemon",
    "secret-tool",
    "gdbus",
    "strace",
    "age",
  ];
  await needPrograms(programs);
  await wantPython();
  await needPrograms(["Xvfb", "xdotool", "/usr/libexec/gcr-prompter"]).catch((error) => {
    announce(`no display to show the keyring's dialogs on: ${error.message}`);
  });
  const pip = await preparePip();
  // An encrypted file needs no session.
  const wanted = /\/(secret_service|parties)\/|\/cli\/(?!file|install|hostile|completion)/;
  const files = (await testFiles()).filter((file) => wanted.test(file));
  const report = `--junit-path=${folder}/junit.xml`;
  const command = [Deno.execPath(), "test", "-A", "--no-check", report, ...files];
  return await run(`${REPOSITORY}/dev/secret_service_session.sh`, command, {
    cwd: REPOSITORY,
    env: {
      DENO_DIR: await denoFolder(),
      KEYRING_TEST_SECRET_SERVICE: "1",
      ...(pip ? { KEYRING_TEST_PIP: pip } : {}),
    },
    group: true,
  });
}

async function wine(folder: string): Promise<number> {
  const probe = await buildProbe();
  const parties = await fetchParties("win32");
  const report = "--junit-path=Z:\\mnt\\out\\junit.xml";
  return await runInWine(["test", "-A", "--no-check", "--cached-only", report, "tests"], {
    env: {
      KEYRING_TEST_WINDOWS: "1",
      ...(probe ? { KEYRING_TEST_PROBE: WINE_PROBE } : {}),
      ...(parties ? { KEYRING_TEST_PARTIES: WINE_PARTIES } : {}),
    },
    mounts: { out: folder, ...(probe ? { probe } : {}), ...(parties ? { parties } : {}) },
    group: true,
  });
}

async function testFiles(): Promise<string[]> {
  return await filesUnder("tests", (name) => name.endsWith("_test.ts"));
}

/** This process's module cache, for runs with a home folder of their own. */
async function denoFolder(): Promise<string> {
  const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["info", "--json"] }).output();
  return JSON.parse(new TextDecoder().decode(stdout)).denoDir;
}
