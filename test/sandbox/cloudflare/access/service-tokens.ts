import type { Request, Route } from "../../routes.ts";
import { paged } from "../envelope.ts";
import type { CloudflareState, ServiceToken } from "../state.ts";

/** Read only: people create tokens in the dashboard. */
export function serviceTokenRoutes(state: CloudflareState): Route[] {
  return [
    {
      method: "GET",
      path: "/accounts/{account_id}/access/service_tokens",
      answer: (request) =>
        paged(request, listed(state, request).map(shown), { usual: 1000, most: 1000 }),
    },
  ];
}

/** Names are not documented as unique: two tokens may have the same name. */
function listed({ serviceTokens }: CloudflareState, { call: { query } }: Request): ServiceToken[] {
  const wanted = query.get("name");
  return [...serviceTokens.values()].filter(({ name }) => wanted === null || name === wanted);
}

/** The API returns the secret only once, on creation. */
function shown({ client_secret, ...token }: ServiceToken): object {
  return { ...token, duration: "8760h", enabled: true };
}
