import { diffAccessApplication } from "./access/difference.ts";
import { diffDnsRecord } from "./dns/difference.ts";
import type { Diff } from "./fields.ts";
import type { AnyChange } from "./index.ts";
import { diffIngressRule } from "./ingress/difference.ts";
import { diffLogin } from "./login/difference.ts";
import { diffAccessPolicy } from "./policy/difference.ts";
import { diffLibraryTile } from "./tile/difference.ts";
import { diffTunnel } from "./tunnel/difference.ts";
import type { ObservedState } from "./world.ts";

/**
 * What the change makes otherwise.
 *
 * @param world - that the change was planned for: what is to be changed stands in it, and ids have their names there
 */
export function diffChange(change: AnyChange, world: ObservedState): Diff {
  switch (change.kind) {
    case "tunnel":
      return diffTunnel(change);
    case "login":
      return diffLogin(change);
    case "policy":
      return diffAccessPolicy(change);
    case "access":
      return diffAccessApplication(change, world.policy);
    case "ingress":
      return diffIngressRule(change, world);
    case "dns":
      return diffDnsRecord(change);
    case "tile":
      return diffLibraryTile(change, world.directory.groups);
  }
}
