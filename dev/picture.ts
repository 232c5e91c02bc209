/**
 * Draws docs/terminal.svg from a terminal in which the command really runs, on a GNOME Keyring that is
 * made for it and thrown away: `deno task docs`. Needs dbus, gnome-keyring and python3.
 *
 * @module
 */

import { onTerminal } from "../tests/fixtures/terminal.ts";
import { GnomeSession } from "../tests/support/gnome_session.ts";
import { REPOSITORY } from "./rig/cache.ts";
import { mustRun } from "./rig/process.ts";

const PROMPT = "$ ";
const READY = { until: `\n${PROMPT}` };
const LINE_HEIGHT = 22;
const CHARACTER_WIDTH = 8.45;
const MARGIN = 20;
const BAR = 34;

const DEPLOY = `const token = Deno.env.get("API_TOKEN") ?? "";
console.log(\`Deploying with a token of \${token.length} characters\`);
`;

/** Types the commands of the README into a terminal, and returns what it shows then. */
async function record(): Promise<string[]> {
  await using session = await GnomeSession.start();
  const home = session.bus.folder;
  const root = `${home}/.deno`;
  const flags = ["-A", "--quiet", "-n", "keyring", "--root", root, "-c", "deno.json", "cli.ts"];
  await mustRun(Deno.execPath(), ["install", "-gf", ...flags], { cwd: REPOSITORY });
  await Deno.writeTextFile(`${home}/deploy.ts`, DEPLOY);
  const path = `${root}/bin:${Deno.execPath().replace(/\/[^/]+$/, "")}:/usr/bin:/bin`;
  const variables = { ...session.env, PATH: path, PS1: PROMPT, TERM: "xterm", NO_COLOR: "1" };
  const words = Object.entries(variables).map(([name, value]) => `${name}=${value}`);
  const shell = ["/usr/bin/env", "-i", "-C", home, ...words, "/bin/bash", "--norc", "--noediting"];
  const { screen } = await onTerminal([...shell, "-i"], PROMPT, [
    // It has no size, as that of a service has not.
    "stty cols 80 rows 24\n",
    READY,
    "keyring set my_app alice\n",
    { until: "': " },
    "s3cret\n",
    READY,
    "keyring get my_app alice\n",
    READY,
    "keyring run --env API_TOKEN=my_app/alice -- deno run -E deploy.ts\n",
    READY,
    "exit\n",
  ]);
  // deno-lint-ignore no-control-regex -- these move the cursor, and Deno's progress is gone again
  return screen.replaceAll(/\r|\x1b\[\d*[A-Za-z]/g, "").trimEnd().split("\n")
    .filter((line) => !/^exit$|^\$ (exit|stty .*)$/.test(line));
}

/** Draws lines of text as a window. */
export function draw(lines: readonly string[]): string {
  const width = Math.ceil(Math.max(...lines.map(({ length }) => length)) * CHARACTER_WIDTH);
  const [right, below] = [width + 2 * MARGIN, BAR + lines.length * LINE_HEIGHT + MARGIN];
  const rows = lines.map((line, index) => {
    const y = BAR + (index + 1) * LINE_HEIGHT - 4;
    const style = line.startsWith(PROMPT) ? ` class="typed"` : "";
    return `<text x="${MARGIN}" y="${y}"${style} xml:space="preserve">${escaped(line)}</text>`;
  });
  const dots = ["#ff5f57", "#febc2e", "#28c840"].map((color, index) =>
    `<circle cx="${MARGIN + index * 20}" cy="17" r="6" fill="${color}"/>`
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${right}" height="${below}"
  viewBox="0 0 ${right} ${below}" role="img" aria-label="keyring in a terminal">
<style>
text { font: 14px ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; fill: #c9d1d9 }
.typed { fill: #7ee787 }
</style>
<rect width="${right}" height="${below}" rx="8" fill="#161b22"/>
${[...dots, ...rows].join("\n")}
</svg>
`;
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}

if (import.meta.main) {
  const picture = `${REPOSITORY}/docs/terminal.svg`;
  await Deno.writeTextFile(picture, draw(await record()));
  await mustRun(Deno.execPath(), ["fmt", "--quiet", picture], { cwd: REPOSITORY });
}
