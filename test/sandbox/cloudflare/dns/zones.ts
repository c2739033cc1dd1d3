import type { Request, Route } from "../../routes.ts";
import { paged, success } from "../envelope.ts";
import type { CloudflareState, Zone } from "../state.ts";

export function zoneRoutes(state: CloudflareState): Route[] {
  return [
    {
      method: "GET",
      path: "/zones",
      answer: (request) => paged(request, listed(state, request), { usual: 20, most: 50 }),
    },
    {
      method: "GET",
      path: "/zones/{zone_id}",
      answer: ({ params }) => success(expanded(state, zoneOf(state, params))),
    },
  ];
}

/** The guard has already refused unknown zones. */
export function zoneOf(state: CloudflareState, params: Request["params"]): Zone {
  const zone = state.zones.get(params.zone_id ?? "");
  if (!zone) throw new Error("a request for an unknown zone came past the guard");
  return zone;
}

function listed(state: CloudflareState, { call: { query } }: Request): object[] {
  const fits = ({ name, status }: Zone): boolean =>
    (query.get("name") ?? name) === name &&
    (query.get("status") ?? status) === status &&
    (query.get("account.id") ?? state.accountId) === state.accountId;
  return [...state.zones.values()].filter(fits).map((zone) => expanded(state, zone));
}

function expanded(state: CloudflareState, { id, name, status }: Zone): object {
  const since = "2020-01-01T00:00:00Z";
  return {
    id,
    name,
    status,
    paused: false,
    type: "full",
    development_mode: 0,
    name_servers: ["ada.ns.cloudflare.com", "bob.ns.cloudflare.com"],
    original_name_servers: null,
    original_registrar: null,
    original_dnshost: null,
    created_on: since,
    modified_on: since,
    activated_on: status === "active" ? since : null,
    account: { id: state.accountId, name: "Sandbox" },
    owner: { id: state.accountId, type: "user" },
    meta: { step: 4, custom_certificate_quota: 0, page_rule_quota: 3, phishing_detected: false },
    plan: {
      id: "0feeeeeeeeeeeeeeeeeeeeeeeeeeeeee",
      name: "Free Website",
      price: 0,
      currency: "USD",
      frequency: "",
    },
    permissions: ["#dns_records:edit", "#dns_records:read", "#zone:read"],
  };
}
