// Networks and process numbers of their own, for tests that would disturb each other or the machine.

/** `unshare` with these options, as the beginning of a command; `undefined` where it is not allowed. */
export async function unshare(...options: string[]): Promise<string[] | undefined> {
  if (Deno.build.os !== "linux") return undefined;
  for (const user of [[], ["--map-root-user"]]) {
    const words = [...user, ...options];
    const output = new Deno.Command("unshare", { args: [...words, "true"], stderr: "null" })
      .output();
    if ((await output.catch(() => undefined))?.success) return ["/usr/bin/unshare", ...words];
  }
  // Where a namespace is not allowed its tests are left out, but never unnoticed.
  if (Deno.env.get("CI") === "true") throw new Error(`unshare ${options.join(" ")} is not allowed`);
  console.warn(`unshare ${options.join(" ")} is not allowed: its tests are left out`);
  return undefined;
}
