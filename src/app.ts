import { type Authentik, createAuthentik } from "./clients/authentik.ts";
import { onlyAccount } from "./clients/cloudflare/account.ts";
import { type Cloudflare, createCloudflare } from "./clients/cloudflare.ts";
import type { CallReport } from "./clients/report.ts";
import type { Config } from "./config.ts";
import type { Owner } from "./domain/owner.ts";
import { accessApi } from "./kinds/access/api.ts";
import { directoryHands } from "./kinds/directory.ts";
import { dnsApi } from "./kinds/dns/api.ts";
import type { Hands } from "./kinds/hands.ts";
import { house } from "./kinds/index.ts";
import { ingressApi } from "./kinds/ingress/api.ts";
import { loginApi } from "./kinds/login/api.ts";
import { policyApi } from "./kinds/policy/api.ts";
import { tileApi } from "./kinds/tile/api.ts";
import { tunnelApi } from "./kinds/tunnel/api.ts";
import { remembered } from "./kinds/tunnel/remembered.ts";
import { asked } from "./labels/asked.ts";
import { createLoop, type Loop, type Observer } from "./loop/loop.ts";
import { type WishSettings, wishes } from "./loop/wishes.ts";
import type { Grace } from "./plan/linger.ts";
import { plan } from "./plan/plan.ts";
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
}

export interface App {
  readonly owner: Owner;
  /** Id of the account in Cloudflare. */
  readonly account: string;
  readonly loop: Loop;
}

/**
 * Puts the parts together. It takes the engine's id (for the owner's name, where none is set) and the account.
 *
 * @throws {WorldError} when one of these can not be had yet; nothing is left open then
 */
export async function createApp({ config, source, signal, watch, onCall }: AppOptions): Promise<App> {
  const cloudflare = createCloudflare({
    token: config.cloudflare.token.reveal(),
    baseUrl: config.cloudflare.baseUrl,
    signal,
    onCall: (report) => onCall("cloudflare", report),
  });
  const authentik = createAuthentik({
    token: config.authentik.token.reveal(),
    url: config.authentik.apiUrl,
    signal,
    onCall: (report) => onCall("authentik", report),
  });
  const owner = config.owner ?? ownerFromEngine((await source.identity()).id);
  const account = config.cloudflare.accountId ?? (await onlyAccount(cloudflare));
  const { labels } = config;
  const hands = createHands({ config, cloudflare, authentik, owner, account });
  const rooms = house(owner, config.tiles);
  const [settings, grace] = [wishSettings(config), graceOf(config)];
  const loop = createLoop({
    list: () => source.list(),
    hands,
    decide: (workloads, world, memory, now) => wishes(settings, grace, workloads, world, memory, now),
    asked: (workloads) => asked(workloads, labels),
    plan: ({ desired }, world, failed) => plan(rooms, desired, world, failed),
    watch,
    resyncMs: config.resyncMs,
    dryRun: config.dryRun,
    now: Date.now,
    random: Math.random,
    signal,
  });
  return { owner, account, loop };
}

export interface HandsOptions {
  readonly config: Config;
  readonly cloudflare: Cloudflare;
  readonly authentik: Authentik;
  readonly owner: Owner;
  readonly account: string;
}

/** Every kind's observe and apply, as the settings want them. */
export function createHands({ config, cloudflare, authentik, owner, account }: HandsOptions): Hands {
  const { labels, authentik: login, tunnel } = config;
  const wanted =
    tunnel.wish.by === "id" ? { name: tunnel.wish.id, tunnelId: tunnel.wish.id } : { name: tunnel.wish.name, tunnelId: undefined };
  const found = remembered(tunnelApi({ cloudflare, account, ...wanted, tokenFile: tunnel.tokenFile }));
  return {
    tunnel: found.kind,
    login: loginApi({ cloudflare, authentik, account, owner, flow: login.flow, wish: { slug: login.slug, publicUrl: login.url } }),
    policy: policyApi({ cloudflare, account, owner }),
    access: accessApi({ cloudflare, account, owner }),
    ingress: ingressApi({ cloudflare, account, owner, tunnel: found.id }),
    dns: dnsApi({ cloudflare, account, owner, zones: labels.zones }),
    tile: tileApi({ authentik, owner }),
    directory: directoryHands({ cloudflare, authentik, account }),
  };
}

/** What labels are read with. */
export const wishSettings = ({ labels, authentik: login }: Config): WishSettings => ({
  ...labels,
  allowedZones: labels.zones,
  login: { host: login.host, path: login.path },
});

export const graceOf = ({ graceMs, startupGraceMs }: Config): Grace => ({ graceMs, startupGraceMs });
