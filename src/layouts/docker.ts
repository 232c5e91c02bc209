// docker's credential helpers. The service of an entry is the server as docker names it:
// `https://index.docker.io/v1/`, `ghcr.io`, `localhost:5000`.

import { hasOnly, SCHEMA } from "./items.ts";
import { internetArguments, type Place, placeOf } from "./keychain.ts";
import type { Layout } from "./layout.ts";

const LABEL = "Docker Credentials";
const DOCKER_SCHEMA = "io.docker.Credentials";
const KEYWORD = "label";
const LABEL_BYTES = new TextEncoder().encode(LABEL);

const SERVER = /^(?:(https?):\/\/)?([^/:@?#]+|\[[0-9A-Fa-f:.]+\])(?::([1-9]\d{0,4}))?(\/.*)?$/s;

function parseServer(server: string): Place | undefined {
  const [, protocol = "https", host, port, path = ""] = SERVER.exec(server) ?? [];
  if (host === undefined || Number(port) > 65_535) return undefined;
  return { protocol, host, ...(port && { port: Number(port) }), path };
}

function formatServer({ protocol, host, port, path }: Place): string {
  return `${protocol}://${host}${port === undefined ? "" : `:${port}`}${path}`;
}

function isLabel({ keyword, value }: { keyword: string; value: Uint8Array }): boolean {
  return keyword === KEYWORD && new TextDecoder().decode(value) === LABEL;
}

export const DOCKER: Layout = {
  name: "docker",
  program: "docker's credential helper",
  rules: {
    emptyUsername: true,
    emptySecret: true,
    nul: true,
    bytes: true,
    lineBreaks: true,
    service: (service) => parseServer(service) ? undefined : "the service is not a server's URL",
  },
  windows: {
    forms: [{
      name: "server",
      targetOf: ({ service }) => service,
      commentOf: () => "",
      isService: true,
    }],
    servicesOf: ({ target, attributes }) => attributes.some(isLabel) ? [target] : [],
    encoding: "utf-8",
    persistence: "local",
    targetAlias: "",
    attributes: [{ keyword: KEYWORD, value: LABEL_BYTES }],
  },
  secretService: {
    forms: [{
      searchOf: ({ service, username }) =>
        new Map([["server", service], ["username", username], ["docker_cli", "1"]]),
      namesOf(attributes) {
        const [service, username] = [attributes.get("server"), attributes.get("username")];
        const own = { server: service, username, docker_cli: "1", label: LABEL };
        const isOwn = attributes.get(SCHEMA) === DOCKER_SCHEMA &&
          attributes.get("docker_cli") === "1" && hasOnly(attributes, own);
        return isOwn && service && username !== undefined ? { service, username } : undefined;
      },
      listOf: (service) =>
        new Map([["docker_cli", "1"], ...(service === undefined ? [] : [["server", service]])] as [
          string,
          string,
        ][]),
      createdOf(entry) {
        return new Map([...this.searchOf(entry), ["label", LABEL], [SCHEMA, DOCKER_SCHEMA]]);
      },
      labelOf: ({ service }) => `Registry credentials for ${service}`,
    }],
  },
  macos: {
    forms: [{
      class: "internet",
      argumentsOf: ({ service, username }) => {
        const place = parseServer(service) ?? { protocol: "https", host: service, path: "" };
        return internetArguments(place, username);
      },
      namesOf(attributes) {
        const [place, username] = [placeOf(attributes), attributes.get("acct")];
        const isOwn = place !== undefined && username && attributes.get("label") === LABEL;
        return isOwn ? { service: formatServer(place), username } : undefined;
      },
      labelOf: () => LABEL,
    }],
  },
};
