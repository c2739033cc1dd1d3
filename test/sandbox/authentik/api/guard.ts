import type { Answer, Request } from "../../routes.ts";
import type { AuthentikState } from "../state.ts";

/** 403 for whatever is wrong with the token, never 401. */
export function tokenGuard({ apiToken }: AuthentikState): (request: Request) => Answer | undefined {
  return ({ call, headers }) => {
    if (call.path === "/root/config/") return undefined;
    if (headers.authorization === undefined) return { status: 403, body: { detail: "Authentication credentials were not provided." } };
    return headers.authorization === `Bearer ${apiToken.key}` ? undefined : { status: 403, body: { detail: "Token invalid/expired" } };
  };
}
