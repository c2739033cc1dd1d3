import type { Route } from "../routes.ts";
import { paged, Refusal, success } from "./envelope.ts";
import type { CloudflareState } from "./state.ts";

/** The owner of the token. Users and accounts have their own verify endpoint, which knows only their tokens. */
export type TokenOwner = "user" | "account";

export function accountRoutes(state: CloudflareState, owner: TokenOwner): Route[] {
  const verify = (asked: TokenOwner) => () => {
    if (asked !== owner) throw new Refusal(401, 1000, "Invalid API Token");
    const { tokenExpires } = state;
    return success({
      id: state.accountId,
      status: "active",
      ...(tokenExpires !== undefined && { expires_on: tokenExpires }),
    });
  };
  const account = {
    id: state.accountId,
    name: "Sandbox",
    type: "standard",
    settings: { enforce_twofactor: false },
  };
  return [
    { method: "GET", path: "/user/tokens/verify", answer: verify("user") },
    { method: "GET", path: "/accounts/{account_id}/tokens/verify", answer: verify("account") },
    {
      method: "GET",
      path: "/accounts",
      answer: (request) => paged(request, [account], { usual: 20, most: 50 }),
    },
  ];
}
