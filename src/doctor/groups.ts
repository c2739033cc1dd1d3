import { authentik } from "./authentik.ts";
import { cloudflare } from "./cloudflare.ts";
import { docker } from "./docker.ts";
import type { Findings, GroupId } from "./findings.ts";
import { login } from "./login.ts";
import { notifications } from "./notifications.ts";
import { routes } from "./routes.ts";
import type { Scene } from "./scene.ts";
import { settings } from "./settings.ts";
import { tunnel } from "./tunnel.ts";
import { zeroTrust } from "./zero-trust.ts";

export interface Examination {
  readonly id: GroupId;
  readonly title: string;
  /** Groups that must have been looked at, and well enough, before this one. */
  readonly needs: readonly GroupId[];
  /** Whether there is anything to look at; always, unless told. */
  readonly when?: (scene: Scene) => boolean;
  /** @throws {WorldError} when nothing in the group could be found out */
  readonly examine: (scene: Scene) => Promise<Findings>;
}

/** In the order in which they are told. A new group is one line here, and one in `GroupId`. */
export const EXAMINATIONS: readonly Examination[] = [
  { id: "settings", title: "Settings", needs: [], examine: settings },
  { id: "docker", title: "Docker", needs: [], examine: docker },
  { id: "cloudflare", title: "Cloudflare", needs: [], examine: cloudflare },
  { id: "tunnel", title: "Tunnel", needs: ["cloudflare"], examine: tunnel },
  { id: "zero-trust", title: "Zero Trust", needs: ["cloudflare"], examine: zeroTrust },
  { id: "authentik", title: "Authentik", needs: [], examine: authentik },
  { id: "login", title: "Login", needs: ["cloudflare", "zero-trust", "authentik"], examine: login },
  { id: "routes", title: "Routes", needs: ["docker", "cloudflare", "tunnel", "zero-trust", "authentik"], examine: routes },
  { id: "notifications", title: "Messages", needs: [], when: ({ config }) => config.notify.length > 0, examine: notifications },
];
