import { between, type Difference } from "../fields.ts";
import type { TunnelChange } from "./seen.ts";

export const tunnelDifference = (change: TunnelChange): Difference =>
  change.action === "create"
    ? between(undefined, { name: change.subject }, { sensitive: ["secret"] })
    : between({ tokenFile: "stale" }, { tokenFile: "written" }, { sensitive: ["token"] });
