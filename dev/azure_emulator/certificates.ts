import { mustRun } from "../rig/process.ts";

/** A CA of this run alone, and a certificate of it for the hosts of Azure. */
export interface Certificates {
  /** The file of the CA's certificate. */
  ca: string;
  cert: string;
  key: string;
}

const HOSTS = ["*.vault.azure.net", "login.microsoftonline.com", "login.windows.net"];

const CONFIG = `
[req]
distinguished_name = name
prompt = no
[name]
CN = os-keyring test
[ca]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign
[server]
basicConstraints = critical, CA:FALSE
extendedKeyUsage = serverAuth
subjectAltName = ${HOSTS.map((host) => `DNS:${host}`).join(", ")}
`;

export async function makeCertificates(folder: string): Promise<Certificates> {
  const at = (name: string) => `${folder}/${name}`;
  await Deno.writeTextFile(at("openssl.cnf"), CONFIG);
  const request = ["req", "-config", at("openssl.cnf"), "-x509", "-nodes", "-days", "2"];
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"];
  const ca = ["-keyout", at("ca.key"), "-out", at("ca.pem"), "-extensions", "ca"];
  await mustRun("openssl", [...request, ...key, ...ca]);
  const server = ["-keyout", at("server.key"), "-out", at("server.pem"), "-extensions", "server"];
  const issuer = ["-CA", at("ca.pem"), "-CAkey", at("ca.key")];
  await mustRun("openssl", [...request, ...key, ...server, ...issuer]);
  return {
    ca: at("ca.pem"),
    cert: await Deno.readTextFile(at("server.pem")),
    key: await Deno.readTextFile(at("server.key")),
  };
}
