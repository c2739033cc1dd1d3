import type { ObservedAccessApplications } from "./access-application/types.ts";
import type { ObservedAccessPolicies } from "./access-policy/types.ts";
import type { ObservedLookups } from "./contract/lookups.ts";
import type { ObservedDnsRecords } from "./dns-record/types.ts";
import type { ObservedIngressRules } from "./ingress-rule/types.ts";
import type { ObservedLibraryTiles } from "./library-tile/types.ts";
import type { ObservedLogin } from "./login/types.ts";
import type { ObservedTunnel } from "./tunnel/types.ts";

/** Observed: what Cloudflare and Authentik say, canonicalised, each object sorted into ours and theirs. */
export interface ObservedState {
  readonly login: ObservedLogin;
  readonly tunnel: ObservedTunnel;
  readonly policy: ObservedAccessPolicies;
  readonly access: ObservedAccessApplications;
  readonly ingress: ObservedIngressRules;
  readonly dns: ObservedDnsRecords;
  readonly tile: ObservedLibraryTiles;
  readonly lookups: ObservedLookups;
}
