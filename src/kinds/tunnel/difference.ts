import { type Diff, diffFields } from "../fields.ts";
import type { TunnelChange } from "./seen.ts";

export const diffTunnel = (change: TunnelChange): Diff =>
  change.action === "create"
    ? diffFields(undefined, { name: change.subject }, { sensitive: ["secret"] })
    : diffFields({ tokenFile: "stale" }, { tokenFile: "written" }, { sensitive: ["token"] });
