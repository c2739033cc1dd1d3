import type { ObservedAccessApplications } from "./access/seen.ts";
import type { ObservedLookups } from "./directory.ts";
import type { ObservedDnsRecords } from "./dns/seen.ts";
import type { ObservedIngressRules } from "./ingress/seen.ts";
import type { ObservedLogin } from "./login/seen.ts";
import type { ObservedAccessPolicies } from "./policy/seen.ts";
import type { ObservedLibraryTiles } from "./tile/seen.ts";
import type { ObservedTunnel } from "./tunnel/seen.ts";

/** Observed: what Cloudflare and Authentik say, canonicalised, each object sorted into ours and theirs. */
export interface ObservedState {
  readonly login: ObservedLogin;
  readonly tunnel: ObservedTunnel;
  readonly policy: ObservedAccessPolicies;
  readonly access: ObservedAccessApplications;
  readonly ingress: ObservedIngressRules;
  readonly dns: ObservedDnsRecords;
  readonly tile: ObservedLibraryTiles;
  readonly directory: ObservedLookups;
}
