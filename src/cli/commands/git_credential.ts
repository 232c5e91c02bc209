import type { Command } from "../command.ts";
import { UsageError } from "../usage_error.ts";

export const GIT_CREDENTIAL: Command = {
  name: "git-credential",
  words: "OPERATION",
  summary: "Keep git's passwords: a credential helper",
  details:
    "git runs it with get, store or erase, and describes the credential on standard input. It\n" +
    "prints the answer and never prompts: a locked keyring stays locked, and git goes on without\n" +
    "it. Other operations, except capability, are ignored. See docs/git.md to install it as\n" +
    "git-credential-keyring. keyring --layout git list shows what it keeps in the system's store.",
  options: ["keyring-backend", "keyring-path", "ignore-config"],
  examples: [
    "git config --global credential.helper keyring",
    "git config --global credential.helper '!keyring git-credential'",
  ],
  powershell: [
    "git config --global credential.helper keyring",
    'git config --global credential.helper "!keyring git-credential"',
  ],
  async run(call) {
    if (call.service === undefined) throw new UsageError("git-credential requires an operation");
    const [{ runGitHelper }, { openFor }] = await Promise.all([
      import("../git_helper.ts"),
      import("../credential_helper.ts"),
    ]);
    return await runGitHelper([call.service], call.context, () => openFor(call, "git"));
  },
};
