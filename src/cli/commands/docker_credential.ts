import type { Command } from "../command.ts";

export const DOCKER_CREDENTIAL: Command = {
  name: "docker-credential",
  words: "OPERATION",
  summary: "Keep docker's passwords and tokens: a credential helper",
  details:
    "docker runs it with store, get, erase or list. It never prompts: a locked keyring stays\n" +
    "locked. An error is one sentence on standard output, where docker looks for it. See\n" +
    "docs/docker.md to install it as docker-credential-keyring.",
  options: ["keyring-backend", "keyring-path", "ignore-config"],
  examples: ["keyring docker-credential list", "echo ghcr.io | keyring docker-credential get"],
  async run(call) {
    const [{ runDockerHelper }, { openFor }] = await Promise.all([
      import("../docker_helper.ts"),
      import("../credential_helper.ts"),
    ]);
    const args = call.service === undefined ? [] : [call.service];
    return await runDockerHelper(args, call.context, () => openFor(call, "docker"));
  },
};
