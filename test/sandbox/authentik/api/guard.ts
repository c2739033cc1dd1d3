import type { Answer, Request } from "../../routes.ts";
import type { AuthentikState } from "../state.ts";
import { permissionsFor } from "./permissions.ts";

/** Any problem with the token gets 403, never 401. */
export function tokenGuard({ apiToken }: AuthentikState): (request: Request) => Answer | undefined {
  return (request) => {
    const { call, headers } = request;
    if (call.path === "/root/config/") return undefined;
    if (headers.authorization === undefined)
      return forbidden("Authentication credentials were not provided.");
    if (headers.authorization !== `Bearer ${apiToken.key}`)
      return forbidden("Token invalid/expired");
    const { permissions } = apiToken;
    const allowed =
      permissions === undefined || permissionsFor(request).every((each) => permissions.has(each));
    return allowed ? undefined : forbidden("You do not have permission to perform this action.");
  };
}

function forbidden(detail: string): Answer {
  return { status: 403, body: { detail } };
}
