import { accessApplication } from "./access-application/definition.ts";
import { accessPolicy } from "./access-policy/definition.ts";
import type { ResourceDefinition } from "./contract/definition.ts";
import type { ObservedLookups } from "./contract/lookups.ts";
import { dnsRecord } from "./dns-record/definition.ts";
import { ingressRule } from "./ingress-rule/definition.ts";
import { libraryTile } from "./library-tile/definition.ts";
import { login } from "./login/definition.ts";
import { tunnel } from "./tunnel/definition.ts";

/**
 * Every kind of remote object. A new resource is one folder and one line here; the compiler names
 * what is missing. `model.ts` says how it is planned.
 */
export const RESOURCES = {
  login,
  tunnel,
  policy: accessPolicy,
  access: accessApplication,
  ingress: ingressRule,
  dns: dnsRecord,
  tile: libraryTile,
} as const;

type Definitions = typeof RESOURCES;

/** The name of a kind of object, in metrics and in the JSON of `plan`. */
export type ResourceKind = keyof Definitions;

export const RESOURCE_KINDS = Object.keys(RESOURCES) as readonly ResourceKind[];

/** What is observed of one kind. */
export type ObservedOf<K extends ResourceKind> = Parameters<Definitions[K]["simulate"]>[0];

/** The changes of one kind. */
export type ChangeOf<K extends ResourceKind> = Parameters<Definitions[K]["label"]>[0];

export type AnyChange = { [K in ResourceKind]: ChangeOf<K> }[ResourceKind];

/**
 * What Cloudflare and Authentik report, in one canonical form. Each object is sorted into ours and
 * foreign.
 */
export type ObservedState = { readonly [K in ResourceKind]: ObservedOf<K> } & {
  readonly lookups: ObservedLookups;
};

/** The definition of the change's kind. */
export const definitionOf = (change: AnyChange): ResourceDefinition<unknown, AnyChange> =>
  RESOURCES[change.kind] as unknown as ResourceDefinition<unknown, AnyChange>;

/** All definitions, for what is asked of each of them alike. */
export const DEFINITIONS = Object.values(RESOURCES) as unknown as readonly ResourceDefinition<
  unknown,
  AnyChange,
  ObservedState
>[];
