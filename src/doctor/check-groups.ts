import { checkAuthentik } from "./authentik.ts";
import { checkCloudflare } from "./cloudflare.ts";
import type { DoctorContext } from "./context.ts";
import { checkDocker } from "./docker.ts";
import type { CheckGroupId, Findings } from "./findings.ts";
import { checkLogin } from "./login.ts";
import { checkNotifications } from "./notifications.ts";
import { checkRoutes } from "./routes.ts";
import { checkSettings } from "./settings.ts";
import { checkTunnel } from "./tunnel.ts";
import { checkZeroTrust } from "./zero-trust.ts";

export interface CheckGroup {
  readonly id: CheckGroupId;
  readonly title: string;
  /** Groups that must have been checked before this one. A failure in them may block it. */
  readonly requires: readonly CheckGroupId[];
  /** True if there is anything to check. Default: always. */
  readonly when?: (context: DoctorContext) => boolean;
  /** @throws {ServiceError} if nothing in the group could be checked */
  readonly examine: (context: DoctorContext) => Promise<Findings>;
}

/** In the order of the report. A new group needs one line here and one in `CheckGroupId`. */
export const CHECK_GROUPS: readonly CheckGroup[] = [
  { id: "settings", title: "Settings", requires: [], examine: checkSettings },
  { id: "docker", title: "Docker", requires: [], examine: checkDocker },
  { id: "cloudflare", title: "Cloudflare", requires: [], examine: checkCloudflare },
  { id: "tunnel", title: "Tunnel", requires: ["cloudflare"], examine: checkTunnel },
  { id: "zero-trust", title: "Zero Trust", requires: ["cloudflare"], examine: checkZeroTrust },
  { id: "authentik", title: "Authentik", requires: [], examine: checkAuthentik },
  {
    id: "login",
    title: "Login",
    requires: ["cloudflare", "zero-trust", "authentik"],
    examine: checkLogin,
  },
  {
    id: "routes",
    title: "Routes",
    requires: ["docker", "cloudflare", "tunnel", "zero-trust", "authentik"],
    examine: checkRoutes,
  },
  {
    id: "notifications",
    title: "Messages",
    requires: [],
    when: ({ config }) => config.notify.length > 0,
    examine: checkNotifications,
  },
];
