import { DOCKER_OPERATIONS, type DockerStore } from "../credential_helpers/docker.ts";
import { type HelperIo, type Opened, openUnattended, processIo } from "./credential_helper.ts";
import { escapeControls, messageOf, print } from "./output.ts";
import { withAll } from "./read_password.ts";
import { decodeText } from "../lib/text.ts";

const NAME = "docker-credential-keyring";
const VERSION = ["version", "--version", "-v"];
const HELP = ["--help", "-h"];

/** Runs the helper with these arguments. A failure is one sentence on standard output. */
export async function runDockerHelper(
  args: readonly string[],
  io: HelperIo = processIo(),
  open: () => Promise<Opened> = () => openUnattended(io, "docker"),
): Promise<number> {
  const [operation = ""] = args;
  try {
    const asksHelp = args.length === 1 && HELP.includes(operation);
    if (asksHelp || args.length !== 1) {
      await print(io, `Usage: ${NAME} <store|get|erase|list|version>\n`);
      return asksHelp ? 0 : 1;
    }
    const answer = VERSION.includes(operation)
      ? await describeVersion()
      : await operate(operation, io, async () => {
        const { entries, isShared } = await open();
        // Among the entries of other programs, those of docker's own helpers can be recognized.
        return { entries, prefix: isShared ? "" : "docker:" };
      });
    await print(io, answer);
    return 0;
  } catch (error) {
    await print(io, `${escapeControls(messageOf(error))}\n`);
    return 1;
  }
}

async function operate(
  name: string,
  io: HelperIo,
  open: () => Promise<DockerStore>,
): Promise<string> {
  const operation = DOCKER_OPERATIONS.get(name);
  if (!operation) throw new Error(`${NAME}: unknown action: ${name}`);
  // What docker writes to `list` is ignored.
  const input = name === "list" ? "" : await withAll(io.stdin, (bytes) => decodeText(bytes));
  return await operation(input, open) ?? "";
}

async function describeVersion(): Promise<string> {
  const { default: meta } = await import("../../deno.json", { with: { type: "json" } });
  return `${NAME} (${meta.name}) ${meta.version}\n`;
}
