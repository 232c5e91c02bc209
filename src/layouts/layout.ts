// How programs name and encode their entries in the store of a system. A layout is data; the
// backends do what it says.

import type { Entry, Secret } from "../backend.ts";
import type { Persistence, TextEncoding } from "../keyring.ts";
import type { LayoutName } from "./names.ts";

export type { LayoutName };

export interface Layout {
  name: LayoutName;
  /** What the program is called in messages. */
  program: string;
  rules: Rules;
  windows: CredentialLayout;
  secretService: ItemLayout;
  macos: KeychainLayout;
}

/** What the program refuses or damages, and which is therefore not stored for it. */
export interface Rules {
  emptyUsername?: true;
  emptySecret?: true;
  nul?: true;
  /** Bytes that are not text. */
  bytes?: true;
  /** Line breaks in names. */
  lineBreaks?: true;
  /** Returns what is wrong with a service that the program cannot have. */
  service?(service: string): string | undefined;
}

/** The fields of a Windows credential that show which program it belongs to. */
export interface CredentialNames {
  target: string;
  userName: string;
  comment: string;
  attributes: readonly { keyword: string; value: Uint8Array }[];
}

export type Kind = NonNullable<Secret["kind"]>;

export interface TargetForm {
  name: string;
  targetOf(entry: Entry): string;
  /** The comment of a new credential; `undefined` where none is created in this form. */
  commentOf?(kind: Kind): string | null;
  /** The target is the service alone. */
  isService?: true;
}

/** What a comment says about a credential. */
export interface Mark {
  form: string;
  kind: Kind;
}

export interface CredentialLayout {
  /** The forms of targets, first the one that a new entry gets. There are one or two. */
  forms: readonly [TargetForm, TargetForm?];
  /** The services that a credential can belong to, the more likely one first. */
  servicesOf(credential: CredentialNames): readonly string[];
  markOf?(comment: string): Mark | undefined;
  encoding: TextEncoding | "detected";
  persistence: Persistence;
  targetAlias?: "";
  attributes?: readonly { keyword: string; value: Uint8Array }[];
  /** The program refuses longer services. */
  maxServiceBytes?: number;
  /** If a part of the secret is kept outside the blob. */
  secret?: {
    /** The attributes that keep it. */
    keywords: readonly string[];
    read(credential: CredentialNames & { blob: Uint8Array }): Uint8Array;
    write(secret: Uint8Array): {
      blob: Uint8Array;
      attributes: { keyword: string; value: Uint8Array }[];
    };
  };
}

export type Attributes = ReadonlyMap<string, string>;

/** One way in which an item of the Secret Service is an entry. */
export interface ItemForm {
  /** The attributes to search for; a search also finds items with more attributes. */
  searchOf(entry: Entry): Attributes;
  /** The names of the entry that an item is; `undefined` where it is another program's. */
  namesOf(attributes: Attributes): Entry | undefined;
  /** The names by which an item with more attributes is also read, if it is. */
  looseNamesOf?(attributes: Attributes): Entry | undefined;
  /** The attributes to search for to list all entries, or those of a service. */
  listOf(service?: string): Attributes;
  /** Whether an item is to be listed, if the search also finds those of other programs. */
  isListed?(attributes: Attributes, label: string): boolean;
  /** All attributes of a new item; `undefined` where none is created in this form. */
  createdOf?(entry: Entry): Attributes;
  /** The attribute without which the program does not find an item. */
  required?: readonly [name: string, value: string];
  labelOf(entry: Entry): string;
}

export interface ItemLayout {
  /** The one that is written first; the others are only read. */
  forms: readonly [ItemForm, ...ItemForm[]];
}

/** One way in which an item of the Keychain is an entry. */
export interface KeychainForm {
  class: "generic" | "internet";
  /** The arguments of `security` that name the item, or another one that has more attributes. */
  argumentsOf(entry: Entry): readonly string[];
  /** Returns why no item can be the entry. */
  refuses?(entry: Entry): string | undefined;
  /** The names of the entry that an item is; `undefined` where it is another program's. */
  namesOf(attributes: Attributes): Entry | undefined;
  /** The label of a new item; `undefined` for the one that the system gives it. */
  labelOf?(entry: Entry): string;
}

export interface KeychainLayout {
  /** The one that is written first; the others are only read. */
  forms: readonly [KeychainForm, ...KeychainForm[]];
  encode?(secret: Uint8Array): Uint8Array;
  /** `undefined` where it is damaged. */
  decode?(stored: Uint8Array): Uint8Array | undefined;
}
