import type { CredentialInfo } from "../../backends/windows/manager_types.ts";
import type { Context } from "../command.ts";
import { formatColumns } from "../columns.ts";
import { type Json, print, pythonJson } from "../output.ts";

export async function printCredentials(
  context: Context,
  credentials: readonly CredentialInfo[],
  asJson: boolean,
): Promise<void> {
  const rows = credentials.map(({ target, type, persist, userName }) => [
    target,
    `${type}`,
    `${persist}`,
    userName,
  ]);
  const text = asJson
    ? `${pythonJson(credentials.map(credentialJson))}\n`
    : await formatColumns(rows, context.columns());
  await print(context, text);
}

/** Makes the JSON of a credential, without its secret. */
export function credentialJson(credential: CredentialInfo): { readonly [key: string]: Json } {
  const { target, type, userName, persist, comment, targetAlias, lastWritten } = credential;
  return {
    target,
    type: `${type}`,
    userName,
    persist: `${persist}`,
    ...(comment && { comment }),
    ...(targetAlias && { targetAlias }),
    ...(lastWritten && { lastWritten: lastWritten.toISOString() }),
    ...(credential.attributes.length > 0 && {
      attributes: credential.attributes.map(({ keyword, flags = 0, value }) => ({
        keyword,
        flags: `${flags}`,
        value: value.toBase64(),
      })),
    }),
  };
}
