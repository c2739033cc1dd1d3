import { createDrivers, type DriverFactoryOptions } from "../app.ts";
import type { Authentik } from "../clients/authentik/authentik.ts";
import type { Stranger } from "../clients/authentik/lookup.ts";
import { onlyAccount } from "../clients/cloudflare/account.ts";
import type { Cloudflare } from "../clients/cloudflare/cloudflare.ts";
import type { Docker } from "../clients/docker/docker.ts";
import type { Config } from "../config/config.ts";
import type { Owner } from "../core/domain/owner.ts";
import type { Workload } from "../core/domain/workload.ts";
import type { Drivers } from "../resources/drivers.ts";
import type { ObservedState } from "../resources/observed.ts";
import { createDockerSource } from "../sources/index.ts";
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
  /** Another container that answers to the name in AUTHENTIK_API_URL; absent where no container could. @throws {ServiceError} */
  readonly stranger?: (() => Promise<Stranger | undefined>) | undefined;
  readonly visit: HttpProbe;
  /** What the daemon of the same container says of itself; undefined where none answers. */
  readonly daemon: () => Promise<Report | undefined>;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Once aborted what is found is no finding: nothing is asked any more. */
  readonly stop: AbortSignal;
  /** Where a test is to be sent to whoever is told of routes and problems: ends that. Undefined: nothing is sent. */
  readonly notify: AbortSignal | undefined;
}

/** All that is looked at, each thing once, whoever asks for it. Nothing here writes. */
export interface DoctorContext extends DoctorContextParts {
  /** @throws {ServiceError} */
  readonly workloads: () => Promise<readonly Workload[]>;
  /** @throws {ServiceError} */
  readonly identity: () => Promise<Identity>;
  /** @throws {ServiceError} where no name is set and the engine does not tell its id */
  readonly owner: () => Promise<Owner>;
  /** @throws {ServiceError} */
  readonly account: () => Promise<string>;
  /** Each part of the world. @throws {ServiceError} */
  readonly observe: {
    readonly [Part in keyof Omit<ObservedState, "lookups">]: () => Promise<ObservedState[Part]>;
  };
  readonly drivers: () => Promise<Drivers>;
}

/** Stands for the owner while Docker does not tell it: nothing in Cloudflare or Authentik is of that name. */
const NOBODY = "nobody-at-all" as Owner;

export function createDoctorContext(parts: DoctorContextParts): DoctorContext {
  const { config, docker, cloudflare, authentik, daemon } = parts;
  const source = createDockerSource({
    docker,
    log: { debug: () => {} },
    prefix: config.labels.prefix,
    imageLabels: config.imageLabels,
  });
  const identity = once(() => source.identity());
  const owner = async (): Promise<Owner> => config.owner ?? ownerFromEngine((await identity()).id);
  const account = once(async () => config.cloudflare.accountId ?? (await onlyAccount(cloudflare)));
  const drivers = once(async () => {
    const options: DriverFactoryOptions = {
      config,
      cloudflare,
      authentik,
      owner: await owner().catch(() => NOBODY),
      account: await account(),
    };
    return createDrivers(options);
  });
  const tunnel = once(async () => (await drivers()).tunnel.observe("all", undefined));
  return {
    ...parts,
    daemon: once(daemon),
    workloads: once(() => source.list()),
    identity,
    owner,
    account,
    drivers,
    observe: {
      tunnel,
      login: once(async () => (await drivers()).login.observe("all", undefined)),
      policy: once(async () => (await drivers()).policy.observe("all", undefined)),
      access: once(async () => (await drivers()).access.observe("all", undefined)),
      // The rules are looked up by the tunnel's id.
      ingress: once(
        async () => (await tunnel(), (await drivers()).ingress.observe("all", undefined)),
      ),
      dns: once(async () => (await drivers()).dns.observe("all", undefined)),
      tile: once(async () => (await drivers()).tile.observe("all", undefined)),
    },
  };
}

function once<T>(look: () => Promise<T>): () => Promise<T> {
  let answer: Promise<T> | undefined;
  return () => {
    answer ??= look();
    return answer;
  };
}
