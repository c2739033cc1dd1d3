import { type Diff, diffFields } from "../contract/diff.ts";
import type { TunnelChange } from "./types.ts";

export const diffTunnel = (change: TunnelChange): Diff =>
  change.action === "create"
    ? diffFields(undefined, { name: change.subject }, { sensitive: ["secret"] })
    : diffFields({ tokenFile: "stale" }, { tokenFile: "written" }, { sensitive: ["token"] });
