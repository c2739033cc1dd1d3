import { randomUUID } from "node:crypto";
import { hostname as machineName } from "node:os";
import { type Authentik, createAuthentik } from "./clients/authentik/authentik.ts";
import type { CallReport } from "./clients/call-report.ts";
import { onlyAccount } from "./clients/cloudflare/account.ts";
import { type Cloudflare, createCloudflare } from "./clients/cloudflare/cloudflare.ts";
import { createDockerDns, type DockerDns } from "./clients/docker/dns.ts";
import type { Config } from "./config/config.ts";
import type { AuthentikReference } from "./core/domain/authentik-container.ts";
import type { Owner } from "./core/domain/owner.ts";
import type { Party } from "./core/domain/party.ts";
import { effectiveLabels } from "./core/labels/label-set.ts";
import { namedNetworks, referencedNames } from "./core/labels/references.ts";
import { planChanges } from "./core/plan/planner.ts";
import type { Grace } from "./core/plan/tenure.ts";
import { NOTHING_DESIRED } from "./core/plan/types.ts";
import { bootstrapTunnel } from "./reconcile/bootstrap-tunnel.ts";
import {
  type Controller,
  type ControllerDeps,
  createController,
  type PassListener,
} from "./reconcile/controller.ts";
import { computeDesired, type DesiredStateSettings } from "./reconcile/desired-state.ts";
import { type DryRun, dryRun } from "./reconcile/dry-run.ts";
import { createAccessApplicationDriver } from "./resources/access-application/driver.ts";
import { createAccessPolicyDriver } from "./resources/access-policy/driver.ts";
import { createLookupDriver, NO_REFERENCES } from "./resources/contract/lookups.ts";
import { createDnsRecordDriver } from "./resources/dns-record/driver.ts";
import { type Drivers, observeAll } from "./resources/drivers.ts";
import { waitUntilPropagated } from "./resources/ingress-rule/await-propagation.ts";
import { createIngressRuleDriver } from "./resources/ingress-rule/driver.ts";
import type { VersionJump } from "./resources/ingress-rule/journal.ts";
import { createLibraryTileDriver } from "./resources/library-tile/driver.ts";
import { createLoginDriver } from "./resources/login/driver.ts";
import { resourceModel } from "./resources/model.ts";
import type { ObservedState } from "./resources/observed.ts";
import { routedHosts } from "./resources/route/routed-hosts.ts";
import { planTeardown } from "./resources/teardown.ts";
import { withCachedTunnelId } from "./resources/tunnel/cached-id.ts";
import { createTunnelDriver } from "./resources/tunnel/driver.ts";
import { createAuthentikLookup } from "./sources/authentik-lookup.ts";
import { outsideProbe, withAnswers } from "./sources/index.ts";
import { createListing, type Listing } from "./sources/listing.ts";
import { ownerFromEngine } from "./sources/owner.ts";
import type { Source } from "./sources/source.ts";

export interface AppOptions {
  readonly config: Config;
  readonly source: Source;
  /** Ends waiting; calls that are under way come to their end. */
  readonly signal: AbortSignal;
  readonly watch: PassListener;
  /** Told of every request to Cloudflare and Authentik. */
  readonly onCall: (service: "cloudflare" | "authentik", report: CallReport) => void;
  /** Called when another writer changed the tunnel's document. */
  readonly onJump?: (jump: VersionJump) => void;
  /** How many events of the containers have come so far, for passes that have much to do; none unless told. */
  readonly events?: () => number;
  /** Docker's DNS, asked where this process runs in a container on cloudflared's network. */
  readonly dns?: DockerDns;
  /** What this machine is called; in a container its short id. */
  readonly hostname?: string;
  /**
   * Whether all that this owner made is to go, whatever the labels say: then Docker is asked for nothing but the owner's name, and
   * for who answers at Authentik's address where that is a container's.
   */
  readonly teardown?: boolean;
}

export interface App {
  readonly owner: Owner;
  /** Id of the account in Cloudflare. */
  readonly account: string;
  readonly loop: Controller;
  /** The tunnel and its token file, where one is asked for, before the first pass. */
  bootstrap(): Promise<void>;
  /** What the next pass would do, whatever it is: nothing is written. @throws {ServiceError} when it could not be looked */
  preview(): Promise<DryRun>;
  /**
   * @param before - what was known: what no list shows any more is asked for once more
   * @throws {ServiceError} when any part could not be read
   */
  observe(before?: ObservedState): Promise<ObservedState>;
  /**
   * Whether cloudflared has come to run what was closed and narrowed; waited for, for some seconds.
   *
   * @throws {ServiceError} when it could not be asked
   */
  inForce(observed: ObservedState): Promise<boolean>;
}

/**
 * Puts the parts together. It takes the engine's id (for the owner's name, where none is set) and the account.
 *
 * @throws {ServiceError} when one of these cannot be had yet; nothing is left open then
 */
export async function createApp(options: AppOptions): Promise<App> {
  const { config, source, signal, watch, onCall, onJump, events, teardown = false } = options;
  /** What passes have found, for the connections to Authentik and for questions to Docker's DNS. */
  const memory: { authentik?: Party | undefined; world?: () => ObservedState | undefined } = {};
  const routed = () => routedHosts(memory.world?.());
  const listing = createListing(teardown ? source : answering(options, routed), () =>
    performance.now(),
  );
  const cloudflare = createCloudflare({
    token: config.cloudflare.token.reveal(),
    baseUrl: config.cloudflare.baseUrl,
    signal,
    onCall: (report) => onCall("cloudflare", report),
  });
  const authentik = createAuthentik({
    token: config.authentik.token.reveal(),
    url: config.authentik.apiUrl,
    lookup: createAuthentikLookup(config.authentik, {
      listing,
      machine: machineOf(options),
      knownParty: () => memory.authentik,
    }),
    signal,
    onCall: (report) => onCall("authentik", report),
  });
  const owner = config.owner ?? ownerFromEngine((await source.identity()).id);
  const account = config.cloudflare.accountId ?? (await onlyAccount(cloudflare));
  const drivers = createDrivers({
    config,
    cloudflare,
    authentik,
    owner,
    account,
    onJump,
    teardown,
  });
  const parts: ControllerDeps = {
    ...(teardown
      ? nothingDesired(owner)
      : fromLabels(options, listing, owner, (party) => (memory.authentik = party))),
    drivers,
    watch,
    ...(events !== undefined && { events }),
    callsLeft: cloudflare.callsLeft,
    resyncMs: config.resyncMs,
    dryRun: config.dryRun,
    now: Date.now,
    uptime: () => performance.now(),
    random: Math.random,
    signal,
  };
  const loop = createController(parts);
  memory.world = loop.known;
  return {
    owner,
    account,
    loop,
    bootstrap: async () => {
      if (config.tunnel.tokenFile !== undefined && !config.dryRun)
        await bootstrapTunnel(drivers.tunnel, watch.changed);
    },
    preview: () => dryRun(parts, loop.known()),
    observe: (before) => observeAll(drivers, "all", NO_REFERENCES, before),
    inForce: async ({ tunnel: { tunnel }, ingress }) =>
      tunnel === undefined ||
      ingress.unconfirmed.length === 0 ||
      (await waitUntilPropagated({ cloudflare, account, tunnel: tunnel.id }, ingress.version)),
  };
}

/** The containers with what Docker's DNS says of their names, where it can be asked. */
const answering = (options: AppOptions, routed: () => readonly string[]): Source => {
  const { config, source, dns = createDockerDns() } = options;
  return withAnswers(source, {
    dns,
    hostname: machineOf(options),
    outside: outsideProbe({
      dns,
      uptime: () => performance.now(),
      unknownName: () => `cfauth-${randomUUID()}`,
    }),
    isLabelled: ({ labels }) =>
      Object.keys(effectiveLabels(labels, config.labels).labels).length > 0,
    networks: (workloads) => [
      ...new Set([...config.labels.networks, ...namedNetworks(workloads, config.labels)]),
    ],
    routed,
  });
};

const machineOf = ({ hostname = machineName() }: AppOptions): string => hostname;

type DesiredSource = Pick<ControllerDeps, "list" | "decide" | "referencedNames" | "plan">;

/** What runs is listed, and what its labels ask for is wished. */
function fromLabels(
  options: AppOptions,
  listing: Listing,
  owner: Owner,
  onAuthentik: (party: Party | undefined) => void,
): DesiredSource {
  const { config } = options;
  const rooms = resourceModel(owner, config.tiles);
  const [settings, grace] = [desiredStateSettings(config, machineOf(options)), graceOf(config)];
  return {
    list: () => listing.list(),
    decide: (workloads, observed, memory, now) => {
      const decision = computeDesired(settings, grace, workloads, observed, memory, now);
      onAuthentik(decision.memory.authentik);
      return decision;
    },
    referencedNames: (workloads) => referencedNames(workloads, config.labels),
    plan: ({ desired }, observed, failed) => planChanges(rooms, desired, observed, failed),
  };
}

/** All that this owner made is to go, whatever runs. */
const nothingDesired = (owner: Owner): DesiredSource => ({
  list: async () => [],
  decide: (_workloads, _world, memory) => ({ desired: NOTHING_DESIRED, memory, wakeAt: undefined }),
  referencedNames: () => NO_REFERENCES,
  plan: ({ desired }, observed, failed) => planTeardown(owner, desired, observed, failed),
});

export interface DriverFactoryOptions {
  readonly config: Config;
  readonly cloudflare: Cloudflare;
  readonly authentik: Authentik;
  readonly owner: Owner;
  readonly account: string;
  readonly onJump?: ((jump: VersionJump) => void) | undefined;
  /** Whether all that this owner made is to go; false unless told. */
  readonly teardown?: boolean;
}

/** Every kind's observe and apply, as the settings want them. */
export function createDrivers({
  config,
  cloudflare,
  authentik,
  owner,
  account,
  onJump,
  teardown = false,
}: DriverFactoryOptions): Drivers {
  const { labels, authentik: login, tunnel } = config;
  const wanted =
    tunnel.selector.by === "name"
      ? { name: tunnel.selector.name, tunnelId: undefined }
      : {
          name: tunnel.selector.id,
          tunnelId: tunnel.selector.by === "token" ? tunnel.selector.id : undefined,
        };
  const found = withCachedTunnelId(
    createTunnelDriver({ cloudflare, account, ...wanted, tokenFile: tunnel.tokenFile }),
  );
  return {
    tunnel: found.kind,
    login: createLoginDriver({
      cloudflare,
      authentik,
      account,
      owner,
      flow: login.flow,
      teardown,
      settings: { slug: login.slug, publicUrl: login.url },
    }),
    policy: createAccessPolicyDriver({ cloudflare, account, owner }),
    access: createAccessApplicationDriver({ cloudflare, account, owner }),
    ingress: createIngressRuleDriver({ cloudflare, account, owner, tunnel: found.id, onJump }),
    dns: createDnsRecordDriver({ cloudflare, account, owner, zones: labels.zones }),
    tile: createLibraryTileDriver({ authentik, owner, teardown }),
    lookups: createLookupDriver({ cloudflare, authentik, account }),
  };
}

/**
 * What labels are read with.
 *
 * @param machine - what this machine is called; in a container its short id
 */
export const desiredStateSettings = (
  { labels, authentik: login }: Config,
  machine = machineName(),
): DesiredStateSettings => ({
  ...labels,
  allowedZones: labels.zones,
  login: { host: login.host, path: login.path, reference: authentikReference(login), machine },
});

/** The public address leads to no container, even where one is called like it. */
function authentikReference({ container, apiUrl, host }: Config["authentik"]): AuthentikReference {
  if (container !== undefined) return { kind: "setting", name: container };
  const apiHost = new URL(apiUrl).hostname;
  return apiHost === host ? { kind: "none" } : { kind: "host", host: apiHost };
}

export const graceOf = ({ graceMs, startupGraceMs }: Config): Grace => ({
  graceMs,
  startupGraceMs,
});
