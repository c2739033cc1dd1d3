import type { Route } from "../../routes.ts";
import { type AuthentikState, ownedBySuperuser, tokenOwner } from "../state.ts";
import type { Version } from "../versions.ts";
import { ROLE } from "./rbac.ts";

export function systemRoutes(state: AuthentikState, version: Version): Route[] {
  return [
    {
      method: "GET",
      path: "/core/users/me/",
      answer: () => ({ status: 200, body: me(state, version) }),
    },
    {
      method: "GET",
      path: "/admin/version/",
      answer: () => ({ status: 200, body: versionAnswer(version) }),
    },
    {
      method: "GET",
      path: "/root/config/",
      answer: () => ({ status: 200, body: config(version) }),
    },
  ];
}

function me(state: AuthentikState, version: Version): object {
  const { pk, username, name, is_active, email, uid, groups } = tokenOwner(state);
  const user = version.trimmed("me", {
    pk,
    username,
    name,
    is_active,
    is_superuser: ownedBySuperuser(state),
    is_current: true,
    groups: state.groups
      .filter((group) => groups.includes(group.name))
      .map((group) => ({ name: group.name, pk: group.pk })),
    roles: state.apiToken.permissions === undefined ? [] : [{ name: "cfauth", pk: ROLE }],
    email,
    avatar: "/static/dist/assets/images/user_default.png",
    uid,
    settings: {},
    type: "internal",
    system_permissions: [],
  });
  return version.trimmed("session", { user, users: [user] });
}

function versionAnswer({ full }: Version): object {
  return {
    version_current: full,
    version_latest: full,
    version_latest_valid: true,
    build_hash: "",
    outdated: false,
    outpost_outdated: false,
  };
}

/** Needs no token. */
function config(version: Version): object {
  return version.trimmed("config", {
    error_reporting: {
      enabled: false,
      sentry_dsn: "",
      environment: "sandbox",
      send_pii: false,
      traces_sample_rate: 0,
    },
    capabilities: ["can_save_media"],
    cache_timeout: 300,
    cache_timeout_flows: 300,
    cache_timeout_policies: 300,
    cache_timeout_reputation: 300,
  });
}
