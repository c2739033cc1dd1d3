import type { Route } from "../../routes.ts";
import { success } from "../envelope.ts";
import type { CloudflareState } from "../state.ts";

export function organizationRoutes(state: CloudflareState): Route[] {
  const since = "2020-01-01T00:00:00Z";
  const organization = {
    name: state.team,
    auth_domain: `${state.team}.cloudflareaccess.com`,
    is_ui_read_only: false,
    auto_redirect_to_identity: false,
    session_duration: "24h",
    created_at: since,
    updated_at: since,
  };
  return [
    {
      method: "GET",
      path: "/accounts/{account_id}/access/organizations",
      answer: () => success(organization),
    },
  ];
}
