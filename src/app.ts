import { randomUUID } from "node:crypto";
import { hostname as machineName } from "node:os";
import { lookupFor } from "./authentik-lookup.ts";
import { type Authentik, createAuthentik } from "./clients/authentik.ts";
import { onlyAccount } from "./clients/cloudflare/account.ts";
import { type Cloudflare, createCloudflare } from "./clients/cloudflare.ts";
import { createDockerDns, type DockerDns } from "./clients/docker/dns.ts";
import type { CallReport } from "./clients/report.ts";
import type { Config } from "./config.ts";
import type { AuthentikReference } from "./domain/authentik-container.ts";
import type { Owner } from "./domain/owner.ts";
import type { Party } from "./domain/party.ts";
import { accessApi } from "./kinds/access/api.ts";
import { directoryHands, NOBODY_ASKED } from "./kinds/directory.ts";
import { dnsApi } from "./kinds/dns/api.ts";
import { type Hands, look } from "./kinds/hands.ts";
import { house } from "./kinds/index.ts";
import { ingressApi } from "./kinds/ingress/api.ts";
import { comesInForce } from "./kinds/ingress/in-force.ts";
import type { Jump } from "./kinds/ingress/journal.ts";
import { planLeaving } from "./kinds/leaving.ts";
import { loginApi } from "./kinds/login/api.ts";
import { policyApi } from "./kinds/policy/api.ts";
import { tileApi } from "./kinds/tile/api.ts";
import { tunnelApi } from "./kinds/tunnel/api.ts";
import { remembered } from "./kinds/tunnel/remembered.ts";
import type { World } from "./kinds/world.ts";
import { asked, namedNetworks } from "./labels/asked.ts";
import { effectiveLabels } from "./labels/label-set.ts";
import { groundwork } from "./loop/groundwork.ts";
import { createLoop, type Loop, type LoopParts, type Observer } from "./loop/loop.ts";
import { type Preview, preview } from "./loop/preview.ts";
import { type WishSettings, wishes } from "./loop/wishes.ts";
import { NOTHING_DESIRED } from "./plan/desired.ts";
import { plan } from "./plan/plan.ts";
import type { Grace } from "./plan/tenure.ts";
import { outsideProbe, withAnswers } from "./sources/index.ts";
import { createListing, type Listing } from "./sources/listing.ts";
import { ownerFromEngine } from "./sources/owner.ts";
import type { Source } from "./sources/source.ts";

export interface AppOptions {
  readonly config: Config;
  readonly source: Source;
  /** Ends waiting; calls that are under way come to their end. */
  readonly signal: AbortSignal;
  readonly watch: Observer;
  /** Told of every request to Cloudflare and Authentik. */
  readonly onCall: (service: "cloudflare" | "authentik", report: CallReport) => void;
  /** Called when another writer changed the tunnel's document. */
  readonly onJump?: (jump: Jump) => void;
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
  readonly leaving?: boolean;
}

export interface App {
  readonly owner: Owner;
  /** Id of the account in Cloudflare. */
  readonly account: string;
  readonly loop: Loop;
  /** The tunnel and its token file, where one is asked for, before the first pass. */
  groundwork(): Promise<void>;
  /** What the next pass would do, whatever it is: nothing is written. @throws {WorldError} when it could not be looked */
  preview(): Promise<Preview>;
  /**
   * @param before - what was known: what no list shows any more is asked for once more
   * @throws {WorldError} when any part could not be read
   */
  look(before?: World): Promise<World>;
  /**
   * Whether cloudflared has come to run what was closed and narrowed; waited for, for some seconds.
   *
   * @throws {WorldError} when it could not be asked
   */
  inForce(world: World): Promise<boolean>;
}

/**
 * Puts the parts together. It takes the engine's id (for the owner's name, where none is set) and the account.
 *
 * @throws {WorldError} when one of these cannot be had yet; nothing is left open then
 */
export async function createApp(options: AppOptions): Promise<App> {
  const { config, source, signal, watch, onCall, onJump, events, leaving = false } = options;
  /** What passes have found, for the connections to Authentik. */
  const memory: { authentik?: Party | undefined } = {};
  const listing = createListing(leaving ? source : answering(options), () => performance.now());
  const cloudflare = createCloudflare({
    token: config.cloudflare.token.reveal(),
    baseUrl: config.cloudflare.baseUrl,
    signal,
    onCall: (report) => onCall("cloudflare", report),
  });
  const authentik = createAuthentik({
    token: config.authentik.token.reveal(),
    url: config.authentik.apiUrl,
    lookup: lookupFor(config.authentik, { listing, machine: machineOf(options), knownParty: () => memory.authentik }),
    signal,
    onCall: (report) => onCall("authentik", report),
  });
  const owner = config.owner ?? ownerFromEngine((await source.identity()).id);
  const account = config.cloudflare.accountId ?? (await onlyAccount(cloudflare));
  const hands = createHands({ config, cloudflare, authentik, owner, account, onJump, leaving });
  const parts: LoopParts = {
    ...(leaving ? nothingWished(owner) : labelsObeyed(options, listing, owner, (party) => (memory.authentik = party))),
    hands,
    watch,
    ...(events !== undefined && { events }),
    callsLeft: cloudflare.left,
    resyncMs: config.resyncMs,
    dryRun: config.dryRun,
    now: Date.now,
    uptime: () => performance.now(),
    random: Math.random,
    signal,
  };
  const loop = createLoop(parts);
  return {
    owner,
    account,
    loop,
    groundwork: async () => {
      if (config.tunnel.tokenFile !== undefined && !config.dryRun) await groundwork(hands.tunnel, watch.changed);
    },
    preview: () => preview(parts, loop.known()),
    look: (before) => look(hands, "all", NOBODY_ASKED, before),
    inForce: async ({ tunnel: { tunnel }, ingress }) =>
      tunnel === undefined ||
      ingress.unconfirmed.length === 0 ||
      (await comesInForce({ cloudflare, account, tunnel: tunnel.id }, ingress.version)),
  };
}

/** The containers with what Docker's DNS says of their names, where it can be asked. */
const answering = (options: AppOptions): Source => {
  const { config, source, dns = createDockerDns() } = options;
  return withAnswers(source, {
    dns,
    hostname: machineOf(options),
    outside: outsideProbe({ dns, uptime: () => performance.now(), unknownName: () => `cfauth-${randomUUID()}` }),
    isLabelled: ({ labels }) => Object.keys(effectiveLabels(labels, config.labels).labels).length > 0,
    networks: (workloads) => [...new Set([...config.labels.networks, ...namedNetworks(workloads, config.labels)])],
  });
};

const machineOf = ({ hostname = machineName() }: AppOptions): string => hostname;

type Wishing = Pick<LoopParts, "list" | "decide" | "asked" | "plan">;

/** What runs is listed, and what its labels ask for is wished. */
function labelsObeyed(options: AppOptions, listing: Listing, owner: Owner, onAuthentik: (party: Party | undefined) => void): Wishing {
  const { config } = options;
  const rooms = house(owner, config.tiles);
  const [settings, grace] = [wishSettings(config, machineOf(options)), graceOf(config)];
  return {
    list: () => listing.list(),
    decide: (workloads, world, memory, now) => {
      const decision = wishes(settings, grace, workloads, world, memory, now);
      onAuthentik(decision.memory.authentik);
      return decision;
    },
    asked: (workloads) => asked(workloads, config.labels),
    plan: ({ desired }, world, failed) => plan(rooms, desired, world, failed),
  };
}

/** All that this owner made is to go, whatever runs. */
const nothingWished = (owner: Owner): Wishing => ({
  list: async () => [],
  decide: (_workloads, _world, memory) => ({ desired: NOTHING_DESIRED, memory, wakeAt: undefined }),
  asked: () => NOBODY_ASKED,
  plan: ({ desired }, world, failed) => planLeaving(owner, desired, world, failed),
});

export interface HandsOptions {
  readonly config: Config;
  readonly cloudflare: Cloudflare;
  readonly authentik: Authentik;
  readonly owner: Owner;
  readonly account: string;
  readonly onJump?: ((jump: Jump) => void) | undefined;
  /** Whether all that this owner made is to go; false unless told. */
  readonly leaving?: boolean;
}

/** Every kind's observe and apply, as the settings want them. */
export function createHands({ config, cloudflare, authentik, owner, account, onJump, leaving = false }: HandsOptions): Hands {
  const { labels, authentik: login, tunnel } = config;
  const wanted =
    tunnel.wish.by === "name"
      ? { name: tunnel.wish.name, tunnelId: undefined }
      : { name: tunnel.wish.id, tunnelId: tunnel.wish.by === "token" ? tunnel.wish.id : undefined };
  const found = remembered(tunnelApi({ cloudflare, account, ...wanted, tokenFile: tunnel.tokenFile }));
  return {
    tunnel: found.kind,
    login: loginApi({ cloudflare, authentik, account, owner, flow: login.flow, leaving, wish: { slug: login.slug, publicUrl: login.url } }),
    policy: policyApi({ cloudflare, account, owner }),
    access: accessApi({ cloudflare, account, owner }),
    ingress: ingressApi({ cloudflare, account, owner, tunnel: found.id, onJump }),
    dns: dnsApi({ cloudflare, account, owner, zones: labels.zones }),
    tile: tileApi({ authentik, owner, leaving }),
    directory: directoryHands({ cloudflare, authentik, account }),
  };
}

/**
 * What labels are read with.
 *
 * @param machine - what this machine is called; in a container its short id
 */
export const wishSettings = ({ labels, authentik: login }: Config, machine = machineName()): WishSettings => ({
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

export const graceOf = ({ graceMs, startupGraceMs }: Config): Grace => ({ graceMs, startupGraceMs });
