import type { AccessSeen } from "./access/seen.ts";
import type { DirectorySeen } from "./directory.ts";
import type { DnsSeen } from "./dns/seen.ts";
import type { IngressSeen } from "./ingress/seen.ts";
import type { LoginSeen } from "./login/seen.ts";
import type { PolicySeen } from "./policy/seen.ts";
import type { TileSeen } from "./tile/seen.ts";
import type { TunnelSeen } from "./tunnel/seen.ts";

/** Observed: what Cloudflare and Authentik say, canonicalised, each object sorted into ours and theirs. */
export interface World {
  readonly login: LoginSeen;
  readonly tunnel: TunnelSeen;
  readonly policy: PolicySeen;
  readonly access: AccessSeen;
  readonly ingress: IngressSeen;
  readonly dns: DnsSeen;
  readonly tile: TileSeen;
  readonly directory: DirectorySeen;
}
