// @environment windows
//
// The examples for Windows with the flags of their documentation, on its Credential Manager.

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { denoFolder } from "../../../dev/rig/environment.ts";
import { openLibraries } from "../../../src/backends/windows/calls.ts";
import { CredentialManager, type CredentialType } from "../../../windows.ts";
import { CHOICE_FLAGS, keyring } from "../../fixtures/command.ts";
import { runExample } from "../../fixtures/example.ts";
import { NOT_ON_WINE, ON_WINDOWS, ON_WINE } from "../../fixtures/windows.ts";

const ignore = !ON_WINDOWS;
const ON_THIS = { flagsWith: "advapi32.dll" };
const FLAG = "--allow-ffi=C:\\Windows\\System32\\advapi32.dll,C:\\Windows\\System32\\kernel32.dll";
const manager = new CredentialManager();

// Opened outside the tests, because the libraries stay open and the sanitizer would report them.
if (ON_WINDOWS) {
  openLibraries();
  manager.account();
}

/** Does something with a name of its own, and removes every credential that has it. */
async function withName(work: (name: string) => Promise<void>): Promise<void> {
  const name = `os-keyring-test-${crypto.randomUUID()}`;
  try {
    await work(name);
  } finally {
    for (const { target, type } of manager.enumerate({ filter: `*${name}*` })) {
      manager.delete(target, type as CredentialType);
    }
  }
}

async function cmdkey(...args: string[]): Promise<void> {
  const { success } = await new Deno.Command("cmdkey", { args, stdout: "null" }).output();
  assert(success);
}

Deno.test({ name: "basic.ts runs on Windows", ignore }, async () => {
  const out = "The password is: my_secret_password123\nPassword deleted.\n";
  assertEquals(await runExample("basic.ts", ON_THIS), { code: 0, out, err: "" });
});

Deno.test({ name: "rdp_logons.ts saves a logon for each server", ignore }, async () => {
  await withName(async (name) => {
    const options = { ...ON_THIS, args: ["EXAMPLE\\alice", `${name}-1`, `${name}-2`] };
    const { code, out, err } = await runExample("rdp_logons.ts", { ...options, stdin: "pw\r\n" });
    assertEquals([code, err], [0, ""]);
    for (const number of [1, 2]) {
      assertStringIncludes(out, `TERMSRV/${name}-${number} EXAMPLE\\alice\n`);
      const [found, ...others] = manager.enumerate({ filter: `TERMSRV/${name}-${number}` });
      assertEquals([found?.type, found?.userName], ["domain-password", "EXAMPLE\\alice"]);
      assertEquals([found?.persist, others], ["local", []]);
    }
  });
});

Deno.test({ name: "read_cmdkey.ts reads what cmdkey stores", ignore }, async () => {
  await withName(async (name) => {
    const missing = await runExample("read_cmdkey.ts", { ...ON_THIS, args: [name] });
    assertEquals([missing.code, missing.out], [1, ""]);
    // Wine has no cmdkey; this is what that of Windows writes.
    if (ON_WINE) {
      manager.write({ target: name, userName: "alice", secret: "made-up", persist: "enterprise" });
    } else await cmdkey(`/generic:${name}`, "/user:alice", "/pass:made-up");
    const out = "alice has a password of 7 characters\n";
    for (const target of [name, `LegacyGeneric:target=${name}`]) {
      const outcome = await runExample("read_cmdkey.ts", { ...ON_THIS, args: [target] });
      assertEquals(outcome, { code: 0, out, err: "" });
    }
    const read = await keyring([FLAG], ["windows", "read", name]);
    assertEquals(read, { code: 0, out: "made-up\n", err: "" });
  });
});

Deno.test("cmdkey writes what the tests under Wine take it to write", NOT_ON_WINE, async () => {
  await withName(async (name) => {
    await cmdkey(`/generic:${name}`, "/user:alice", "/pass:made-up");
    using found = manager.read(name);
    assertEquals([found?.userName, found?.text], ["alice", "made-up"]);
    assertEquals([found?.persist, found?.comment], ["enterprise", ""]);
    assertEquals(found?.secret.length, 14);
  });
});

Deno.test({ name: "scheduled_task.ts stores what nightly_report.ts reads", ignore }, async () => {
  const entry = ["https://api.example.com", "nightly"];
  try {
    const store = await runExample("scheduled_task.ts", {
      ...ON_THIS,
      args: ["store"],
      stdin: "made-up\r\n",
    });
    assertEquals(store, { code: 0, out: "", err: "" });
    const check = await runExample("scheduled_task.ts", { ...ON_THIS, args: ["check"] });
    const out = `${manager.account()} has its token for https://api.example.com\n`;
    assertEquals(check, { code: 0, out, err: "" });
    const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, (request) => {
      return new Response(request.headers.get("authorization"));
    });
    const address = `127.0.0.1:${server.addr.port}`;
    const report = await runExample("nightly_report.ts", {
      ...ON_THIS,
      args: [`http://${address}`],
      flags: (flag) => flag.replace("api.example.com", address),
    });
    await server.shutdown();
    assertEquals(report, { code: 0, out: "Bearer made-up\n", err: "" });
  } finally {
    await keyring([FLAG, ...CHOICE_FLAGS], ["del", ...entry]);
  }
});

Deno.test("powershell.ps1 runs in both PowerShells", NOT_ON_WINE, async () => {
  const cli = new URL("../../../cli.ts", import.meta.url).href;
  const script = new URL("../../../examples/powershell.ps1", import.meta.url).pathname.slice(1);
  const folder = await Deno.makeTempDir();
  try {
    // What `deno install` makes.
    const granted = [FLAG, "--allow-run=cmd", ...CHOICE_FLAGS].map((flag) => `"${flag}"`).join(" ");
    const command = `@"${Deno.execPath()}" run --no-prompt --no-check ${granted}`;
    await Deno.writeTextFile(`${folder}\\keyring.cmd`, `${command} "${cli}" %*\r\n`);
    for (const shell of ["powershell", "pwsh"]) {
      await withName(async (name) => {
        await keyring([FLAG, ...CHOICE_FLAGS], ["set", name, "alice"], "tökén\n");
        const { code, stdout, stderr } = await new Deno.Command(shell, {
          args: ["-NoProfile", "-ExecutionPolicy", "Bypass", "-File", script, "-Service", name],
          env: { PATH: `${folder};${Deno.env.get("PATH")}`, NO_COLOR: "1" },
          stdin: "null",
        }).output();
        const [out, err] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
        const expected = "The program has its token\nThe token has 5 characters\n";
        assertEquals([shell, code, out?.replaceAll("\r", ""), err], [shell, 0, expected, ""]);
        const { out: rotated } = await keyring([FLAG, ...CHOICE_FLAGS], ["get", name, "rotated"]);
        assertMatch(rotated, /^[0-9a-f-]{36}\n$/);
      });
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

/** Runs commands of ours in a scheduled task with this kind of logon; returns what they print. */
async function inTask(logon: string[], commands: string[]): Promise<string> {
  const name = `os-keyring-test-${crypto.randomUUID()}`;
  const schtasks = async (...args: string[]) => {
    const { success } = await new Deno.Command("schtasks", { args, stdout: "null" }).output();
    assert(success, args[0]);
  };
  const folder = await Deno.makeTempDir();
  const cli = new URL("../../../cli.ts", import.meta.url).pathname.slice(1);
  const program = `"${Deno.execPath()}" run --quiet --no-prompt --no-check -A "${cli}"`;
  const script = [
    `@set "DENO_DIR=${await denoFolder()}"`,
    ...commands.map((command) => {
      return `@${command.replace("keyring", program)} >>"${folder}\\printing" 2>&1`;
    }),
    `@move "${folder}\\printing" "${folder}\\printed"`,
  ];
  try {
    await Deno.writeTextFile(`${folder}\\task.cmd`, `${script.join("\r\n")}\r\n`);
    const when = ["/sc", "once", "/st", "00:00"];
    await schtasks("/create", "/tn", name, ...when, ...logon, "/tr", `${folder}\\task.cmd`);
    await schtasks("/run", "/tn", name);
    for (let tries = 0; tries < 300; tries++) {
      const printed = await Deno.readTextFile(`${folder}\\printed`).catch(() => undefined);
      if (printed !== undefined) return printed;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    throw new Error("the task did not end");
  } finally {
    await schtasks("/delete", "/tn", name, "/f");
    await Deno.remove(folder, { recursive: true });
  }
}

// Only an administrator may create such tasks, as the user of the workflow is.
const AS_ADMINISTRATOR = {
  ignore: NOT_ON_WINE.ignore || Deno.env.get("CI") !== "true",
};

Deno.test("a task of SYSTEM has entries of its own", AS_ADMINISTRATOR, async () => {
  await withName(async (name) => {
    manager.write({ target: name, userName: "alice", secret: "ours" });
    const printed = await inTask(["/ru", "SYSTEM"], [
      `keyring get ${name} alice`,
      `echo s3cret| keyring set ${name} alice`,
      `keyring get ${name} alice`,
      `keyring del ${name} alice`,
    ]);
    assertEquals(printed, "s3cret\n");
    assertEquals(manager.read(name)?.text, "ours");
  });
});

Deno.test(
  "a task without a stored password says that it has no store",
  AS_ADMINISTRATOR,
  async () => {
    const logon = ["/ru", Deno.env.get("USERNAME") ?? "", "/np"];
    const printed = await inTask(logon, ["keyring get os-keyring-test alice"]);
    assertStringIncludes(printed, "1312");
  },
);
