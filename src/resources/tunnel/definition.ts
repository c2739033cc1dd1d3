import type { ResourceDefinition } from "../contract/definition.ts";
import { simulateEach } from "../contract/definition.ts";
import { diffTunnel } from "./diff.ts";
import { simulateTunnel } from "./simulate.ts";
import type { ObservedTunnel, TunnelChange } from "./types.ts";

export const tunnel: ResourceDefinition<ObservedTunnel, TunnelChange> = {
  kind: "tunnel",
  service: () => "cloudflare",
  actions: ["create", "update"],
  perRoute: false,
  batched: false,
  label: ({ action }) => (action === "create" ? "tunnel" : "connector token"),
  summarise: () => "",
  diff: diffTunnel,
  simulate: simulateEach(simulateTunnel),
  countForeign: () => 0,
  // Nothing on a tunnel says who created it, so it is never deleted.
  listOwned: () => [],
};
