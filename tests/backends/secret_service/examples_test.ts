// @environment secret-service
//
// The examples with the flags of their documentation, on the keyring of a private session.

import { assertEquals } from "@std/assert";
import { CHOICE_FLAGS, keyring } from "../../fixtures/command.ts";
import { runExample } from "../../fixtures/example.ts";

const ignore = Deno.env.get("KEYRING_TEST_SECRET_SERVICE") !== "1";
const FLAG = "--allow-run=/usr/bin/secret-tool";
const ON_LINUX = { flagsWith: "secret-tool" };

/** Does something that leaves an entry, and removes that. */
async function withEntry(service: string, username: string, work: () => Promise<void>) {
  try {
    await work();
  } finally {
    await keyring([FLAG, ...CHOICE_FLAGS], ["del", service, username]);
  }
}

Deno.test({ name: "basic.ts runs on Linux", ignore }, async () => {
  const out = "The password is: my_secret_password123\nPassword deleted.\n";
  assertEquals(await runExample("basic.ts", ON_LINUX), { code: 0, out, err: "" });
});

Deno.test({ name: "nightly_report.ts runs on Linux", ignore }, async () => {
  const entry = ["https://api.example.com", "nightly"] as const;
  await withEntry(...entry, async () => {
    const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, (request) => {
      return new Response(request.headers.get("authorization"));
    });
    await keyring([FLAG, ...CHOICE_FLAGS], ["set", ...entry], "made-up\n");
    const address = `127.0.0.1:${server.addr.port}`;
    const outcome = await runExample("nightly_report.ts", {
      ...ON_LINUX,
      args: [`http://${address}`],
      flags: (flag) => flag.replace("api.example.com", address),
    });
    await server.shutdown();
    assertEquals(outcome, { code: 0, out: "Bearer made-up\n", err: "" });
  });
});

Deno.test({ name: "rotate_password.ts runs on Linux", ignore }, async () => {
  const service = `os-keyring-test-${crypto.randomUUID()}`;
  await withEntry(service, "svc", async () => {
    await keyring([FLAG, ...CHOICE_FLAGS], ["set", service, "svc"], "old\n");
    const options = { ...ON_LINUX, args: ["svc", service], stdin: "nëw\n" };
    const out = `Changed: svc for ${service}\n`;
    assertEquals(await runExample("rotate_password.ts", options), { code: 0, out, err: "" });
    assertEquals((await keyring([FLAG, ...CHOICE_FLAGS], ["get", service, "svc"])).out, "nëw\n");
  });
});

Deno.test({ name: "seed_machine.ts runs on Linux", ignore }, async () => {
  const service = `os-keyring-test-${crypto.randomUUID()}`;
  const file = await Deno.makeTempFile({ suffix: ".csv" });
  await withEntry(service, "alice", async () => {
    await Deno.writeTextFile(file, `service,username,password\n${service},alice,made-up\n`);
    const { code, err } = await runExample("seed_machine.ts", {
      ...ON_LINUX,
      args: [file],
      flags: (flag) => flag.replace("entries.csv", file),
    });
    assertEquals([code, err], [0, ""]);
    assertEquals(
      (await keyring([FLAG, ...CHOICE_FLAGS], ["get", service, "alice"])).out,
      "made-up\n",
    );
  });
  await Deno.remove(file);
});
