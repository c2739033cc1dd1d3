import { accessDifference } from "./access/difference.ts";
import { dnsDifference } from "./dns/difference.ts";
import type { Difference } from "./fields.ts";
import type { AnyChange } from "./index.ts";
import { ingressDifference } from "./ingress/difference.ts";
import { loginDifference } from "./login/difference.ts";
import { policyDifference } from "./policy/difference.ts";
import { tileDifference } from "./tile/difference.ts";
import { tunnelDifference } from "./tunnel/difference.ts";
import type { World } from "./world.ts";

/**
 * What the change makes otherwise.
 *
 * @param world - that the change was planned for: what is to be changed stands in it, and ids have their names there
 */
export function difference(change: AnyChange, world: World): Difference {
  switch (change.kind) {
    case "tunnel":
      return tunnelDifference(change);
    case "login":
      return loginDifference(change);
    case "policy":
      return policyDifference(change);
    case "access":
      return accessDifference(change, world.policy);
    case "ingress":
      return ingressDifference(change, world);
    case "dns":
      return dnsDifference(change);
    case "tile":
      return tileDifference(change, world.directory.groups);
  }
}
