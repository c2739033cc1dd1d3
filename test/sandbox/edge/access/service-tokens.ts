/** Requests with a service token instead of a login. */

import { timingSafeEqual } from "node:crypto";
import type { EdgeView, ServiceToken } from "../../cloudflare/state.ts";
import type { Visit } from "../visit.ts";

export interface ServiceTokens {
  /** The service token of the request; undefined if it has expired or is revoked for this application. */
  presented(visit: Visit, view: EdgeView, aud: string): ServiceToken | undefined;
  /** The application's tokens have been revoked. */
  revoke(aud: string): void;
}

export interface ServiceTokenOptions {
  /** Whether a revocation includes service tokens. */
  readonly revocable: boolean;
  readonly now: () => number;
}

export function serviceTokens({ revocable, now }: ServiceTokenOptions): ServiceTokens {
  /** Audiences that refuse every service token. Never cleared, because Cloudflare documents no way back. */
  const shut = new Set<string>();
  return {
    presented: (visit, { serviceTokens = [] }, aud) => {
      if (shut.has(aud)) return undefined;
      return serviceTokens.find(
        (token) => carries(visit, token) && Date.parse(token.expires_at) > now(),
      );
    },
    revoke: (aud) => {
      if (revocable) shut.add(aud);
    },
  };
}

function carries(visit: Visit, { client_id, client_secret }: ServiceToken): boolean {
  const sent = (name: string): Buffer => Buffer.from(visit.req.headersDistinct[name]?.[0] ?? "");
  const equal = (a: Buffer, b: Buffer): boolean => a.length === b.length && timingSafeEqual(a, b);
  return (
    equal(sent("cf-access-client-id"), Buffer.from(client_id)) &&
    equal(sent("cf-access-client-secret"), Buffer.from(client_secret))
  );
}
