import { locateConfig, readConfig } from "./config.ts";
import { KeyringError, KeyringPermissionError } from "./errors.ts";
import { lookUp, mayRead } from "./lib/environment.ts";
import { allowFlag, envFlag } from "./lib/shell.ts";

/** The variable that names the keyrings of a chain. */
export const CHAIN_VARIABLE = "KEYRING_CHAIN";

export interface ChainOrder {
  names: string[];
  /** The setting that named them. */
  by: string;
}

/**
 * Finds the keyrings of the chain, in order; `undefined` if nothing names any. A setting that may not
 * be read could name some, and is not skipped: a chain of other keyrings would store somewhere else.
 */
export function chainOrder(): ChainOrder | undefined {
  const variable = lookUp(CHAIN_VARIABLE);
  if (variable.state === "set") {
    return parseOrder(variable.value, `environment variable ${CHAIN_VARIABLE}`);
  }
  if (variable.state === "denied") throw missing(envFlag([CHAIN_VARIABLE]));
  if (variable.state === "invalid") {
    const reason = `the environment variable ${CHAIN_VARIABLE} is not valid UTF-8`;
    throw new KeyringError(reason, { operation: "open" });
  }
  const config = locateConfig();
  if (config.state === "denied") throw missing(envFlag(config.variables));
  if (config.path === undefined) return undefined;
  if (!mayRead(config.path)) throw missing(allowFlag("read", config.path));
  const order = readConfig(config.path)?.chainOrder;
  return order === undefined ? undefined : parseOrder(order, `config file ${config.path}`);
}

function missing(flag: string): KeyringPermissionError {
  return new KeyringPermissionError(flag, { operation: "open" });
}

function parseOrder(text: string, by: string): ChainOrder {
  const names = text.split(/[\s,]+/).filter((name) => name !== "");
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (names.length > 0 && twice === undefined) return { names, by };
  const what = twice === undefined ? "no keyring" : `"${twice}" twice`;
  throw new KeyringError(`the ${by} names ${what} for the chain`, {
    operation: "open",
    advice: "Name its keyrings in their order, such as azure-key-vault,secret-service.",
  });
}
