import { createHash } from "node:crypto";
import type { Owner } from "../core/domain/owner.ts";

/** The owner of an installation that was given no name: always the same for one engine. `host-` and 8 hex digits. */
export const ownerFromEngine = (id: string): Owner =>
  `host-${createHash("sha256").update(id).digest("hex").slice(0, 8)}` as Owner;
