/** The state between the pages of a login. Each entry can be used once. */

import { randomBytes } from "node:crypto";

/** Between the login page and the callback. */
export interface Errand {
  readonly aud: string;
  readonly host: string;
  /** The request target that the visitor requested. */
  readonly target: string;
  readonly idp: string;
  readonly verifier: string;
}

/** Between the callback on the team domain and the cookie on the application's own host. */
export interface Ticket {
  readonly host: string;
  readonly target: string;
  readonly jwt: string;
  readonly cookiePath: string;
}

export interface Tickets {
  /** @returns the `state` for the identity provider */
  begin(errand: Errand): string;
  resume(state: string): Errand | undefined;
  /** @returns the `nonce` for the application's host */
  issue(ticket: Ticket): string;
  redeem(nonce: string, host: string): Ticket | undefined;
}

export function tickets(): Tickets {
  const errands = new Map<string, Errand>();
  const issued = new Map<string, Ticket>();
  return {
    begin: (errand) => keep(errands, errand),
    resume: (state) => take(errands, state),
    issue: (ticket) => keep(issued, ticket),
    redeem: (nonce, host) => (issued.get(nonce)?.host === host ? take(issued, nonce) : undefined),
  };
}

function keep<T>(map: Map<string, T>, value: T): string {
  const key = randomBytes(24).toString("base64url");
  map.set(key, value);
  return key;
}

function take<T>(map: Map<string, T>, key: string): T | undefined {
  const value = map.get(key);
  map.delete(key);
  return value;
}
