/**
 * What tests use beside programs of this machine. Each module of `dev/tools` prepares one; a test
 * file that says `@needs tool:pip` finds its path in `KEYRING_TEST_PIP`.
 *
 * @module
 */

/** A tool that is at hand. */
export interface Tool {
  /** Its name. */
  name: string;
  /** Its folder, if it has one. */
  folder?: string;
  /** The file or folder in there that the variable names. */
  path?: string;
}

/** Prepares a tool: fetches it, once, or builds it. */
export async function prepareTool(name: string): Promise<Tool> {
  const { default: prepare } = await import(`../tools/${name}.ts`);
  return { name, ...await prepare() };
}

/** The variable that tells tests where the tool is. */
export function variableOf({ name }: Tool): string {
  return `KEYRING_TEST_${name.toUpperCase()}`;
}

/** The variables for tests on this system. */
export function toolVariables(tools: Tool[]): Record<string, string> {
  const variables: Record<string, string> = {};
  for (const tool of tools) {
    const { folder, path } = tool;
    if (folder) variables[variableOf(tool)] = path === undefined ? folder : `${folder}/${path}`;
  }
  return variables;
}
