import {
  type Authentik as AuthentikClient,
  createAuthentik,
} from "../../src/clients/authentik/authentik.ts";
import {
  type Cloudflare as CloudflareClient,
  createCloudflare,
} from "../../src/clients/cloudflare/cloudflare.ts";
import type { Protection } from "../../src/core/domain/exposure.ts";
import { type Owner, parseOwner } from "../../src/core/domain/owner.ts";
import { routeKey } from "../../src/core/domain/route.ts";
import { type DesiredState, NOTHING_DESIRED } from "../../src/core/plan/types.ts";
import { type Opened as OpenedAuthentik, openAuthentik } from "../sandbox/authentik/testing.ts";
import type { VersionName } from "../sandbox/authentik/versions.ts";
import { type Opened as OpenedCloudflare, openCloudflare } from "../sandbox/cloudflare/testing.ts";
import { exposure, members, only } from "./builders.ts";

/** A sandbox and a client that talks to it. */
export interface Reached<Sandbox, Client> extends AsyncDisposable {
  readonly sandbox: Sandbox;
  readonly client: Client;
}

export async function cloudflare(
  options: { readonly zones?: readonly string[] } = {},
): Promise<Reached<OpenedCloudflare, CloudflareClient> & { readonly account: string }> {
  const sandbox = await openCloudflare(options);
  const client = createCloudflare({
    token: sandbox.state.token,
    baseUrl: sandbox.url,
    backoffMs: 1,
  });
  return {
    sandbox,
    client,
    account: sandbox.state.accountId,
    [Symbol.asyncDispose]: () => {
      client.close();
      return sandbox[Symbol.asyncDispose]();
    },
  };
}

export async function authentik(
  version: VersionName = "2026.8",
  ready = true,
): Promise<Reached<OpenedAuthentik, AuthentikClient>> {
  const sandbox = await openAuthentik({ version, ready });
  const client = createAuthentik({
    token: sandbox.state.apiToken.key,
    url: sandbox.url,
    backoffMs: 1,
  });
  return {
    sandbox,
    client,
    [Symbol.asyncDispose]: () => {
      client.close();
      return sandbox[Symbol.asyncDispose]();
    },
  };
}

export function owner(text = "home"): Owner {
  const parsed = parseOwner(text);
  if (parsed === undefined) throw new Error(`no owner's name: ${text}`);
  return parsed;
}

/** A desired state with one route for each of these protections. */
export const desiredFor = (...protections: readonly Protection[]): DesiredState => {
  const exposures = protections.map((protection, at) =>
    exposure(`app${at}.example.com`, { protection }),
  );
  return {
    ...NOTHING_DESIRED,
    exposures: new Map(exposures.map((exposure) => [routeKey(exposure.route), exposure])),
  };
};

/**
 * One route for the members of each of these groups. Without groups, one route for everyone who can
 * log in.
 */
export const desiredForGroups = (...groups: readonly string[]): DesiredState =>
  desiredFor(
    ...(groups.length === 0 ? [members] : groups.map((group) => only({ groups: [group] }))),
  );
