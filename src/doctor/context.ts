import { createDrivers, type DriverFactoryOptions } from "../app.ts";
import type { Authentik } from "../clients/authentik/authentik.ts";
import type { Stranger } from "../clients/authentik/lookup.ts";
import { onlyAccount } from "../clients/cloudflare/account.ts";
import type { Cloudflare } from "../clients/cloudflare/cloudflare.ts";
import type { Docker } from "../clients/docker/docker.ts";
import type { Config } from "../config/config.ts";
import type { Owner } from "../core/domain/owner.ts";
import type { Workload } from "../core/domain/workload.ts";
import { type Drivers, observeKind } from "../resources/drivers.ts";
import { type ObservedOf, RESOURCE_KINDS, type ResourceKind } from "../resources/registry.ts";
import { createSource } from "../sources/index.ts";
import { ownerFromEngine } from "../sources/owner.ts";
import type { Identity } from "../sources/source.ts";
import type { Report } from "../status/report.ts";
import type { HttpProbe } from "./http-probe.ts";
import type { SettingSources } from "./setting-sources.ts";

export interface DoctorContextParts {
  readonly config: Config;
  readonly settingSources: SettingSources;
  readonly docker: Docker;
  readonly cloudflare: Cloudflare;
  readonly authentik: Authentik;
  /**
   * Finds another container that answers to the name in AUTHENTIK_API_URL; absent if no container
   * can.
   *
   * @throws {ServiceError}
   */
  readonly stranger?: (() => Promise<Stranger | undefined>) | undefined;
  readonly visit: HttpProbe;
  /** The report of the daemon in the same container; undefined if none answers. */
  readonly daemon: () => Promise<Report | undefined>;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** After an abort no more requests are sent, and what was found does not count. */
  readonly stop: AbortSignal;
  /** Aborts the test notification; undefined if none is to be sent. */
  readonly notify: AbortSignal | undefined;
}

/**
 * Everything that the checks read. Each value is fetched once and shared by all checks. Nothing
 * here writes.
 */
export interface DoctorContext extends DoctorContextParts {
  /** @throws {ServiceError} */
  readonly workloads: () => Promise<readonly Workload[]>;
  /** @throws {ServiceError} */
  readonly identity: () => Promise<Identity>;
  /** @throws {ServiceError} if CFAUTH_OWNER is not set and the engine does not report its id */
  readonly owner: () => Promise<Owner>;
  /** @throws {ServiceError} */
  readonly account: () => Promise<string>;
  /** The observed state of each resource. @throws {ServiceError} */
  readonly observe: ObserveByKind;
  readonly drivers: () => Promise<Drivers>;
}

/** The observed state of each resource kind, fetched once. */
export type ObserveByKind = { readonly [K in ResourceKind]: () => Promise<ObservedOf<K>> };

/**
 * Used while Docker does not report the owner. No object at Cloudflare or Authentik carries this
 * name.
 */
const UNKNOWN_OWNER = "nobody-at-all" as Owner;

export function createDoctorContext(parts: DoctorContextParts): DoctorContext {
  const { config, docker, cloudflare, authentik, daemon } = parts;
  const source = createSource(config.source, {
    docker,
    log: { debug: () => {} },
    prefix: config.labels.prefix,
    imageLabels: config.imageLabels,
  });
  const identity = memoise(() => source.identity());
  const owner = async (): Promise<Owner> => config.owner ?? ownerFromEngine((await identity()).id);
  const account = memoise(
    async () => config.cloudflare.accountId ?? (await onlyAccount(cloudflare)),
  );
  const drivers = memoise(async () => {
    const options: DriverFactoryOptions = {
      config,
      cloudflare,
      authentik,
      owner: await owner().catch(() => UNKNOWN_OWNER),
      account: await account(),
    };
    return createDrivers(options);
  });
  const observe: ObserveByKind = Object.fromEntries(
    RESOURCE_KINDS.map((kind) => [
      kind,
      memoise(async () => {
        // Ingress rules are looked up by the tunnel's id, so the tunnel comes first.
        if (kind === "ingress") await observe.tunnel();
        return observeKind(await drivers(), kind, "all", undefined);
      }),
    ]),
  ) as unknown as ObserveByKind;
  return {
    ...parts,
    daemon: memoise(daemon),
    workloads: memoise(() => source.list()),
    identity,
    owner,
    account,
    drivers,
    observe,
  };
}

function memoise<T>(load: () => Promise<T>): () => Promise<T> {
  let result: Promise<T> | undefined;
  return () => {
    result ??= load();
    return result;
  };
}
