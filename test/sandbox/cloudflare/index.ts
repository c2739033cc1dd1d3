import type { Fault } from "../call.ts";
import { createContract } from "../contract.ts";
import type { LiveControls } from "../controls.ts";
import type { Answer, Route } from "../routes.ts";
import { BadJson, startServer } from "../server.ts";
import { appRoutes } from "./access/apps.ts";
import { identityProviderRoutes } from "./access/identity-providers.ts";
import { organizationRoutes } from "./access/organization.ts";
import { policyRoutes } from "./access/policies.ts";
import { serviceTokenRoutes } from "./access/service-tokens.ts";
import { tagRoutes } from "./access/tags.ts";
import { accountRoutes, type TokenOwner } from "./accounts.ts";
import { createBudget, type RateLimit } from "./budget.ts";
import { contractProfile } from "./contract-profile.ts";
import { recordRoutes } from "./dns/records.ts";
import { recordBatchRoutes } from "./dns/records-batch.ts";
import { zoneRoutes } from "./dns/zones.ts";
import { failure, Refusal } from "./envelope.ts";
import { createGuard, noRoute } from "./guard.ts";
import { hexId } from "./ids.ts";
import { createPropagation, type Propagation } from "./propagation.ts";
import type { CloudflareState, Lag, Zone } from "./state.ts";
import { configurationRoutes } from "./tunnels/configurations.ts";
import { connectionRoutes } from "./tunnels/connections.ts";
import { tunnelRoutes } from "./tunnels/tunnels.ts";

export interface CloudflareOptions {
  readonly controls: LiveControls;
  /** Names of active zones, or whole zones. */
  readonly zones: readonly (string | Zone)[];
  /** First label of the team domain. */
  readonly team: string;
  readonly token?: string;
  /** Whether a cloudflared connects to every new tunnel; default false. */
  readonly cloudflared?: boolean;
  /** By default a user. */
  readonly tokenOwner?: TokenOwner;
  /** By default all 0. */
  readonly lag?: Partial<Lag>;
  readonly rateLimit?: RateLimit;
  readonly port?: number;
}

export interface Cloudflare extends AsyncDisposable {
  /** The API's address, with `/client/v4` and no trailing slash. */
  readonly url: string;
  readonly state: CloudflareState;
  readonly propagation: Propagation;
  /** Calls the listener with the audience of each application whose logins a request revokes, without lag. */
  onRevoke(listener: (aud: string) => void): void;
  close(): Promise<void>;
}

/** The API's answer for a missing permission, for a single call with `controls.fault`. */
export const permissionDenied: Fault = {
  kind: "status",
  ...failure(403, 10000, "Authentication error"),
};

export async function startCloudflare(options: CloudflareOptions): Promise<Cloudflare> {
  const { controls, port } = options;
  const state = createState(options);
  const propagation = createPropagation(state, options.lag);
  const revocations = new Set<(aud: string) => void>();
  const revoked = (aud: string): void => {
    for (const listener of revocations) listener(aud);
  };
  const budget = createBudget(options.rateLimit ?? { quota: 1200, windowSeconds: 300 });
  const server = await startServer({
    api: "cloudflare",
    base: "/client/v4",
    controls,
    routes: routes({ state, propagation, owner: options.tokenOwner ?? "user", revoked }),
    contract: createContract("cloudflare.json", contractProfile(state)),
    guard: createGuard(state, budget),
    headers: budget.headers,
    notFound: (call) => noRoute(call.path),
    refusal,
    port,
  });
  const { close } = server;
  const onRevoke = (listener: (aud: string) => void): void => void revocations.add(listener);
  return {
    url: `${server.origin}/client/v4`,
    state,
    propagation,
    onRevoke,
    close,
    [Symbol.asyncDispose]: close,
  };
}

function createState({
  zones,
  team,
  token = "sandbox-token",
  cloudflared = false,
}: CloudflareOptions): CloudflareState {
  const whole = zones.map(
    (zone): Zone =>
      typeof zone === "string" ? { id: hexId(), name: zone, status: "active" } : zone,
  );
  return {
    accountId: hexId(),
    team,
    token,
    cloudflared,
    denied: new Set(),
    zeroTrust: true,
    zones: new Map(whole.map((zone) => [zone.id, zone])),
    records: new Map(),
    tunnels: new Map(),
    configurations: new Map(),
    apps: new Map(),
    policies: new Map(),
    tags: new Map(),
    identityProviders: new Map(),
    serviceTokens: new Map(),
  };
}

interface Parts {
  readonly state: CloudflareState;
  readonly propagation: Propagation;
  readonly owner: TokenOwner;
  readonly revoked: (aud: string) => void;
}

function routes({ state, propagation, owner, revoked }: Parts): Route[] {
  const all = [
    ...accountRoutes(state, owner),
    ...zoneRoutes(state),
    ...recordBatchRoutes(state),
    ...recordRoutes(state),
    ...tunnelRoutes(state),
    ...connectionRoutes(state, propagation),
    ...configurationRoutes(state),
    ...appRoutes(state, revoked),
    ...policyRoutes(state),
    ...tagRoutes(state),
    ...identityProviderRoutes(state),
    ...organizationRoutes(state),
    ...serviceTokenRoutes(state),
  ];
  return all.map((route) => (route.method === "GET" ? route : noted(route, propagation)));
}

function noted(route: Route, propagation: Propagation): Route {
  return {
    ...route,
    answer: async (request) => {
      const answer = await route.answer(request);
      propagation.note();
      return answer;
    },
  };
}

function refusal(error: unknown): Answer | undefined {
  if (error instanceof Refusal) return failure(error.status, error.code, error.message);
  if (error instanceof BadJson) return failure(400, 6007, "Malformed JSON in request body");
  return undefined;
}
