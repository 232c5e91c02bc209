// The secret of an entry of git's helper: the password, and on further lines its attributes, in the
// format of git-credential-libsecret.

export interface GitSecret {
  password: string;
  /** In seconds since 1970. */
  expiry: string | undefined;
  refreshToken: string | undefined;
}

export const EXPIRY = "password_expiry_utc";
export const REFRESH_TOKEN = "oauth_refresh_token";

export function parseSecret(text: string): GitSecret {
  const [password = "", ...lines] = text.split(/\r?\n/);
  const valueOf = (key: string) =>
    lines.find((line) => line.startsWith(`${key}=`))?.slice(key.length + 1);
  return { password, expiry: expiryOf(valueOf(EXPIRY)), refreshToken: valueOf(REFRESH_TOKEN) };
}

export function formatSecret({ password, expiry, refreshToken }: GitSecret): string {
  const lines = [password];
  if (expiry !== undefined) lines.push(`${EXPIRY}=${expiry}`);
  if (refreshToken !== undefined) lines.push(`${REFRESH_TOKEN}=${refreshToken}`);
  return lines.join("\n");
}

/**
 * Keeps the attributes stored with the same password: a git that does not know an attribute does not
 * return it.
 */
export function mergeSecrets(old: GitSecret, given: GitSecret): GitSecret {
  if (old.password !== given.password) return given;
  return {
    password: given.password,
    expiry: given.expiry ?? (isExpired(old.expiry) ? undefined : old.expiry),
    refreshToken: given.refreshToken ?? old.refreshToken,
  };
}

/** Like git, treats anything but a number as no expiry. */
export function expiryOf(text: string | undefined): string | undefined {
  return text !== undefined && /^\d{1,15}$/.test(text) ? text : undefined;
}

export function isExpired(expiry: string | undefined): boolean {
  return expiry !== undefined && Number(expiry) * 1000 < Date.now();
}
