import { randomBytes, randomUUID } from "node:crypto";
import { z } from "zod";
import type { Cloudflare } from "../clients/cloudflare/cloudflare.ts";
import type { CloudflareOperationName } from "../clients/cloudflare/operations.ts";
import type { Sdk } from "../clients/cloudflare/sdk.ts";
import { ServiceError } from "../core/errors.ts";

/**
 * Whether the token has a permission. Reading a token's permissions would need a further
 * permission, so cfauth sends an empty write to an id that no object has. It changes nothing,
 * whatever the answer.
 *
 * | answer                                       | then      |
 * |----------------------------------------------|-----------|
 * | 403, 401, or the code 10000 or 9109          | missing   |
 * | 404 or 400 from the API behind the check     | present   |
 * | 9999: Zero Trust is not set up               | no-team   |
 * | anything else, 7000 and 7003 (no such route) | not known |
 *
 * Cloudflare checks the token before it looks up the object (seen in other clients; POST
 * access/apps with `{}`: 12130 or 10000).
 */
export type PermissionState = "present" | "missing" | "no-team" | { readonly why: string };

export async function probePermission(asked: Promise<unknown>): Promise<PermissionState> {
  try {
    await asked;
    return "present";
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    return permissionFrom(error);
  }
}

function permissionFrom({ code, status = 0, vendor, message }: ServiceError): PermissionState {
  const hasCode = (...codes: readonly string[]): boolean => codes.some((it) => vendor.includes(it));
  if (code === "CFA-CF-NO-ZERO-TRUST") return "no-team";
  if (status === 401 || status === 403 || hasCode("10000", "9109")) return "missing";
  const passedTokenCheck =
    code === "CFA-CF-REFUSED" && (status === 400 || status === 404) && !hasCode("7000", "7003");
  return passedTokenCheck
    ? "present"
    : { why: status === 0 ? message : `Cloudflare answered ${status}` };
}

type Probe = (cloudflare: Cloudflare, account: string) => Promise<PermissionState>;

const probe = (
  name: CloudflareOperationName,
  request: (sdk: Sdk) => ReturnType<Sdk["get"]>,
  cloudflare: Cloudflare,
): Promise<PermissionState> => probePermission(cloudflare.request(name, z.unknown(), request));

const EMPTY = { body: {} };

/**
 * Only tokens that may edit tunnels can read a connector token (OpenAPI of 2026-08: write groups
 * only).
 */
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

export const probeLoginMethods: Probe = (cloudflare, account) =>
  probe(
    "login-methods.probe",
    (sdk) => sdk.put(`/accounts/${account}/access/identity_providers/${randomUUID()}`, EMPTY),
    cloudflare,
  );

/** Checks one zone, because a token may cover only some zones. */
export const probeRecords = (cloudflare: Cloudflare, zone: string): Promise<PermissionState> =>
  probe(
    "records.probe",
    (sdk) => sdk.patch(`/zones/${zone}/dns_records/${randomBytes(16).toString("hex")}`, EMPTY),
    cloudflare,
  );
