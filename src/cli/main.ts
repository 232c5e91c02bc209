import type { AskPassphrase } from "../backends/file/key.ts";
import { KeyringError, KeyringPermissionError } from "../errors.ts";
import type { Keyring } from "../keyring.ts";
import type { LayoutName } from "../layouts/names.ts";
import { layoutBackend } from "../registry.ts";
import type { Context, Located, OptionValues } from "./command.ts";
import { COMMAND_NAMES, loadCommands } from "./commands.ts";
import { processContext } from "./context.ts";
import { ClosedPipe, escapeControls, messageOf, print, printError } from "./output.ts";
import { parse, type Parsed } from "./parse.ts";
import { withoutStatus } from "./progress.ts";
import { CommandError, UsageError } from "./usage_error.ts";

/** Runs the command line. Never rejects: a failure is reported on standard error. */
export async function main(
  args: readonly string[],
  context: Partial<Context> = {},
): Promise<number> {
  const all = { ...processContext(), ...context };
  let line: Parsed | undefined;
  try {
    // Hidden, and before the parser: its words belong to the line that is being typed.
    if (args[0] === "complete") {
      const { runComplete } = await import("./commands/complete.ts");
      return await runComplete(args.slice(1), all);
    }
    refuseInvalid(args);
    line = parse(args, await loadCommands(args), COMMAND_NAMES);
    return await dispatch(line, all);
  } catch (error) {
    await report(error, all, line);
    if (error instanceof CommandError) return error.exitCode;
    return error instanceof UsageError ? 2 : 1;
  }
}

// Deno replaces invalid UTF-8 with U+FFFD: two names would become the same.
function refuseInvalid(args: readonly string[]): void {
  const index = args.findIndex((arg) => arg.includes("\ufffd"));
  if (index < 0) return;
  throw new UsageError(
    `argument ${index + 1} is not valid UTF-8, or contains U+FFFD, which replaces invalid bytes`,
  );
}

async function dispatch(line: Parsed, context: Context): Promise<number> {
  const { located, options, ...words } = line;
  if (options.help) {
    await print(context, await helpOn(located, context));
    return 0;
  }
  if (options.version) {
    await print(context, `keyring ${await version()}\n`);
    return 0;
  }
  const shell = options["print-completion"];
  if (shell !== undefined) {
    return await (await import("./commands/complete.ts")).printCompletion(shell, context);
  }
  if (options["list-backends"]) {
    return await (await import("./commands/diagnose.ts")).listBackends(context);
  }
  if (options.disable) return await (await import("./commands/disable.ts")).disable(context);
  if (!located) {
    throw new UsageError(`Specify operation (${COMMAND_NAMES.join(", ")}).`);
  }
  const open = () => openKeyring(context, options);
  const prompt: Context["prompt"] = (
    question,
    forSeveralLines = context.os === "windows"
      ? `use a pipe: cmd /c "keyring ${located.path} … <file"`
      : `use a pipe: keyring ${located.path} … <file`,
  ) => context.prompt(question, forSeveralLines);
  return await located.command.run({ ...words, options, context: { ...context, prompt }, open });
}

async function helpOn(located: Located | undefined, context: Context): Promise<string> {
  const { commandHelp, help, helpWidth } = await import("./help.ts");
  const width = helpWidth(context.columns());
  if (located) return commandHelp(located, width, context.os);
  return help(await version(), await loadCommands(), width);
}

async function version(): Promise<string> {
  return (await import("../../deno.json", { with: { type: "json" } })).default.version;
}

async function openKeyring(context: Context, line: OptionValues): Promise<Keyring> {
  const layout = line.layout as LayoutName | undefined;
  const notify = (notice: string) => withoutStatus(() => printError(context, notice));
  let asker: Promise<AskPassphrase> | undefined;
  // Loaded only for a keyring that has a passphrase.
  const load = async () => (await import("./passphrase.ts")).passphraseAsker(context);
  const askPassphrase: AskPassphrase = async (request) => await (await (asker ??= load()))(request);
  const options = { askPassphrase, notify, layout };
  // Programs keep their entries in the system's store, whatever keyring is chosen here.
  const system = layout && layoutBackend(context.os)?.id;
  const name = line["keyring-backend"] ?? system;
  if (name === undefined) {
    const ignoreConfig = line["ignore-config"];
    const { keyring, warning } = await context.choose({ ...options, ignoreConfig });
    if (warning !== undefined) await printError(context, warning);
    return keyring;
  }
  try {
    return await context.load(name, line["keyring-path"], options);
  } catch (error) {
    if (!(error instanceof KeyringError)) throw error;
    throw new UsageError(`Unable to load specified keyring: ${escapeControls(error.message)}`);
  }
}

// The page of the documentation that says more.
function pageOf(error: unknown): string {
  if (!(error instanceof KeyringError) || isMissing(error)) return "";
  const page = error.code === 1312 ? "windows.md#logons" : `errors.md#${error.name.toLowerCase()}`;
  return `${error.message.endsWith(".") ? "" : "."} See docs/${page}.`;
}

// Nothing is wrong except that there is no such entry.
function isMissing({ name, code, cause }: KeyringError): boolean {
  return name === "PasswordDeleteError" && code === undefined && cause === undefined;
}

async function reportInstallLine(error: unknown, context: Context, line: Parsed): Promise<void> {
  if (!(error instanceof KeyringPermissionError || error instanceof CommandError)) return;
  // One of the alternatives, if there are several.
  const flag = error.flag?.split(", or ")[0];
  if (flag === undefined) return;
  const [{ lineWith }, { wantedBy }, { grantedFlags }] = await Promise.all([
    import("./install_line.ts"),
    import("./wanted.ts"),
    import("./granted.ts"),
  ]);
  // The setting that chooses the keyring may be what cannot be used.
  const install = await lineWith([flag, ...await grantedFlags()], wantedBy(line))
    .catch(() => undefined);
  if (install === undefined) return;
  const others = "add again what you had allowed for other programs and files";
  await printError(context, install, `To install the command with it (${others}): `);
}

async function report(error: unknown, context: Context, line?: Parsed): Promise<void> {
  if (error instanceof ClosedPipe) return;
  const message = messageOf(error);
  if (!(error instanceof UsageError)) {
    await printError(context, `${message}${pageOf(error)}`);
    return line && await reportInstallLine(error, context, line);
  }
  const { helpWidth, usage } = await import("./help.ts");
  const text = usage(error.located ?? line?.located, helpWidth(context.errColumns()), true);
  await printError(context, message, `${text}keyring: error: `);
}
