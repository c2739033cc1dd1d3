import { createHash } from "node:crypto";
import type { Owner } from "../core/domain/owner.ts";

/**
 * Derives the owner from the engine's id when none is configured: `host-` and 8 hex digits, always
 * the same for one engine.
 */
export const ownerFromEngine = (id: string): Owner =>
  `host-${createHash("sha256").update(id).digest("hex").slice(0, 8)}` as Owner;
