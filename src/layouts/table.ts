// The layouts, one row per program.

import { serviceBefore, serviceBehind } from "./credentials.ts";
import { DOCKER } from "./docker.ts";
import { GIT } from "./git.ts";
import { GENERIC_SCHEMA, itemForm, SCHEMA } from "./items.ts";
import { GENERIC_PASSWORDS, GO_PASSWORDS } from "./keychain.ts";
import type { Entry } from "../backend.ts";
import type { Attributes, CredentialLayout, Layout, LayoutName } from "./layout.ts";
import { PYTHON_CREDENTIALS, pythonItems } from "./python.ts";

const SLASH: CredentialLayout = {
  forms: [{
    name: "service/user",
    targetOf: ({ service, username }) => `${service}/${username}`,
    commentOf: () => null,
  }],
  servicesOf: serviceBefore("/"),
  encoding: "utf-8",
  persistence: "enterprise",
};

const BUN_SCHEMA = "com.oven-sh.bun.Secret";

function accountItems(schema: string) {
  return itemForm({
    username: "account",
    schema,
    required: [SCHEMA, schema],
    created: { [SCHEMA]: schema },
    listed: { [SCHEMA]: schema },
    label: ({ service, username }) => `${service}/${username}`,
  });
}

const PYTHON: Layout = {
  name: "python",
  program: "Python's keyring",
  rules: {},
  windows: PYTHON_CREDENTIALS,
  secretService: pythonItems(),
  macos: GENERIC_PASSWORDS,
};

const KEYTAR: Layout = {
  name: "keytar",
  program: "keytar",
  rules: { emptyUsername: true, emptySecret: true, nul: true, bytes: true },
  windows: SLASH,
  secretService: { forms: [accountItems(GENERIC_SCHEMA)] },
  macos: GENERIC_PASSWORDS,
};

const BUN: Layout = {
  ...KEYTAR,
  name: "bun",
  program: "Bun",
  secretService: { forms: [accountItems(BUN_SCHEMA)] },
};

// Items of Rust and Go can only be recognized by their label.
const rustLabel = ({ service, username }: Entry) => `keyring:${username}@${service}`;
const goLabel = ({ service, username }: Entry) => `Password for '${username}' on '${service}'`;

// Versions 1 to 3 of Rust's library add these, and any program that searches for the names alone
// finds its items.
const WITH_OLD_RUST = { application: undefined, target: "default" };

function named(attributes: Attributes): Entry {
  return {
    service: attributes.get("service") ?? "",
    username: attributes.get("username") ?? "",
  };
}

const RUST: Layout = {
  name: "rust",
  program: "Rust's keyring",
  rules: {},
  windows: {
    forms: [{
      name: "user.service",
      targetOf: ({ service, username }) => `${username}.${service}`,
      commentOf: () => "",
    }],
    servicesOf: serviceBehind("."),
    encoding: "utf-16le",
    persistence: "enterprise",
    targetAlias: "",
  },
  secretService: {
    forms: [itemForm({
      allowed: WITH_OLD_RUST,
      label: rustLabel,
      isListed: (attributes, label) =>
        attributes.get("application") === "rust-keyring" || label === rustLabel(named(attributes)),
    })],
  },
  macos: GENERIC_PASSWORDS,
};

const GO: Layout = {
  name: "go",
  program: "go-keyring",
  rules: {},
  windows: {
    forms: [{
      name: "service:user",
      targetOf: ({ service, username }) => `${service}:${username}`,
      commentOf: () => "",
    }],
    servicesOf: serviceBefore(":"),
    encoding: "utf-8",
    persistence: "local",
    maxServiceBytes: 511,
  },
  secretService: {
    forms: [itemForm({
      allowed: WITH_OLD_RUST,
      label: goLabel,
      isListed: (attributes, label) =>
        !attributes.has("application") && label === goLabel(named(attributes)),
    })],
  },
  macos: GO_PASSWORDS,
};

export const LAYOUTS: readonly Layout[] = [PYTHON, KEYTAR, BUN, RUST, GO, GIT, DOCKER];

export const DEFAULT_LAYOUT: LayoutName = "python";

export function layoutOf(name: LayoutName = DEFAULT_LAYOUT): Layout {
  const layout = LAYOUTS.find((layout) => layout.name === name);
  if (layout) return layout;
  const names = LAYOUTS.map(({ name }) => name).join(", ");
  throw new TypeError(`There is no layout "${name}". The layouts are: ${names}.`);
}
