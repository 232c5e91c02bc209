import { GIT_CAPABILITIES, GIT_OPERATIONS } from "../credential_helpers/git.ts";
import { GitMessage, readGitMessage } from "../credential_helpers/git_message.ts";
import { type HelperIo, type Opened, openUnattended, processIo } from "./credential_helper.ts";
import { messageOf, print, printError } from "./output.ts";

/** Runs the operation that the arguments name. git goes on without an answer when it fails. */
export async function runGitHelper(
  args: readonly string[],
  io: HelperIo = processIo(),
  open: () => Promise<Opened> = () => openUnattended(io, "git"),
): Promise<number> {
  const [operation = ""] = args;
  let input = new Uint8Array();
  try {
    if (args.length !== 1) {
      throw new Error("Usage: git-credential-keyring <get|store|erase|capability>");
    }
    input = await readInput(operation, io);
    const operate = GIT_OPERATIONS.get(operation);
    const answer = operation === "capability"
      ? GIT_CAPABILITIES
      : await operate?.(new GitMessage(input), async () => (await open()).entries);
    if (answer) await print(io, answer);
    return 0;
  } catch (error) {
    await printError(io, messageOf(error));
    return 1;
  } finally {
    input.fill(0);
  }
}

async function readInput(operation: string, { stdin }: HelperIo): Promise<Uint8Array<ArrayBuffer>> {
  return GIT_OPERATIONS.has(operation) ? await readGitMessage(stdin) : new Uint8Array();
}
