import { randomBytes, randomUUID } from "node:crypto";
import { z } from "zod";
import type { Cloudflare } from "../clients/cloudflare/cloudflare.ts";
import type { CloudflareOperationName } from "../clients/cloudflare/operations.ts";
import type { Sdk } from "../clients/cloudflare/sdk.ts";
import { ServiceError } from "../core/errors.ts";

/**
 * Whether the token has a permission. A token cannot be asked what it may do (that takes a permission of its own), so an empty
 * write is sent to an id that nothing can have: it changes nothing whatever is answered, for there is nothing to change.
 *
 * | answer                                       | then      |
 * |----------------------------------------------|-----------|
 * | 403, 401, or the code 10000 or 9109          | missing   |
 * | 404 or 400 of the API behind the permissions | present   |
 * | 9999: Zero Trust is not set up               | no-team   |
 * | anything else, 7000 and 7003 (no such route) | not known |
 *
 * Cloudflare checks a token before it looks for the object (seen at other clients; POST access/apps with `{}`: 12130 or 10000).
 */
export type PermissionState = "present" | "missing" | "no-team" | { readonly why: string };

export async function probePermission(asked: Promise<unknown>): Promise<PermissionState> {
  try {
    await asked;
    return "present";
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    return heldBy(error);
  }
}

function heldBy({ code, status = 0, vendor, message }: ServiceError): PermissionState {
  const has = (...codes: readonly string[]): boolean => codes.some((it) => vendor.includes(it));
  if (code === "CFA-CF-NO-ZERO-TRUST") return "no-team";
  if (status === 401 || status === 403 || has("10000", "9109")) return "missing";
  const behind =
    code === "CFA-CF-REFUSED" && (status === 400 || status === 404) && !has("7000", "7003");
  return behind ? "present" : { why: status === 0 ? message : `Cloudflare answered ${status}` };
}

type Probe = (cloudflare: Cloudflare, account: string) => Promise<PermissionState>;

const probe = (
  name: CloudflareOperationName,
  request: (sdk: Sdk) => ReturnType<Sdk["get"]>,
  cloudflare: Cloudflare,
): Promise<PermissionState> => probePermission(cloudflare.request(name, z.unknown(), request));

const EMPTY = { body: {} };

/** A connector token is given out to those alone who may change tunnels (OpenAPI of 2026-08: write groups only). */
export const probeTunnel: Probe = (cloudflare, account) =>
  probe(
    "tunnels.probe",
    (sdk) => sdk.get(`/accounts/${account}/cfd_tunnel/${randomUUID()}/token`),
    cloudflare,
  );

export const probeApps: Probe = (cloudflare, account) =>
  probe(
    "applications.probe",
    (sdk) => sdk.put(`/accounts/${account}/access/apps/${randomUUID()}`, EMPTY),
    cloudflare,
  );

export const probeLogin: Probe = (cloudflare, account) =>
  probe(
    "login-methods.probe",
    (sdk) => sdk.put(`/accounts/${account}/access/identity_providers/${randomUUID()}`, EMPTY),
    cloudflare,
  );

/** In one zone: a token may be for some of them only. */
export const probeRecords = (cloudflare: Cloudflare, zone: string): Promise<PermissionState> =>
  probe(
    "records.probe",
    (sdk) => sdk.patch(`/zones/${zone}/dns_records/${randomBytes(16).toString("hex")}`, EMPTY),
    cloudflare,
  );
