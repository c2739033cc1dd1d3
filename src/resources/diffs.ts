import { diffAccessApplication } from "./access-application/diff.ts";
import { diffAccessPolicy } from "./access-policy/diff.ts";
import type { Diff } from "./contract/diff.ts";
import { diffDnsRecord } from "./dns-record/diff.ts";
import { diffIngressRule } from "./ingress-rule/diff.ts";
import { diffLibraryTile } from "./library-tile/diff.ts";
import { diffLogin } from "./login/diff.ts";
import type { ObservedState } from "./observed.ts";
import type { AnyChange } from "./registry.ts";
import { diffTunnel } from "./tunnel/diff.ts";

/**
 * What the change makes otherwise.
 *
 * @param observed - that the change was planned for: what is to be changed stands in it, and ids have their names there
 */
export function diffChange(change: AnyChange, observed: ObservedState): Diff {
  switch (change.kind) {
    case "tunnel":
      return diffTunnel(change);
    case "login":
      return diffLogin(change);
    case "policy":
      return diffAccessPolicy(change);
    case "access":
      return diffAccessApplication(change, observed.policy);
    case "ingress":
      return diffIngressRule(change, observed);
    case "dns":
      return diffDnsRecord(change);
    case "tile":
      return diffLibraryTile(change, observed.lookups.groups);
  }
}
