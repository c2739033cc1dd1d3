/**
 * One engine, one account and the daemon between them, in memory. Source, labels and planner are
 * the real ones.
 */

import { desiredStateSettings, graceOf } from "../../../src/app.ts";
import { readConfig } from "../../../src/config/config.ts";
import type { Workload } from "../../../src/core/domain/workload.ts";
import { effectiveLabels } from "../../../src/core/labels/label-set.ts";
import { namedNetworks, referencedNames } from "../../../src/core/labels/references.ts";
import {
  type Decision,
  EMPTY_MEMORY,
  type ReconcileMemory,
} from "../../../src/core/plan/desired-state.ts";
import { type Plan, planChanges } from "../../../src/core/plan/planner.ts";
import { computeDesired } from "../../../src/reconcile/desired-state.ts";
import { resourceModel } from "../../../src/resources/model.ts";
import type { ObservedState } from "../../../src/resources/observed.ts";
import type { AnyChange } from "../../../src/resources/registry.ts";
import { routedHosts } from "../../../src/resources/route/routed-hosts.ts";
import { createDockerSource } from "../../../src/sources/docker/source.ts";
import { withAnswers } from "../../../src/sources/index.ts";
import type { Source } from "../../../src/sources/source.ts";
import {
  applicationFor,
  applyChange,
  emptyAccount,
  judge,
  OWNER,
  type Request,
  resolves,
  ruleFor,
  through,
  VISITORS,
  type Visitor,
} from "../core/plan/model.ts";
import {
  type Answering,
  answering,
  type Container,
  dnsOf,
  dockerOf,
  hostOf,
  NOBODY,
  shortIdOf,
} from "./engine.ts";

const MAX_WAVES = 60;
/** cloudflared is attached to each of these networks. */
export const NETWORKS = ["edge", "tunnel"] as const;

const ENVIRONMENT = {
  CLOUDFLARE_API_TOKEN: "cf-token-0123456789",
  AUTHENTIK_URL: "https://auth.example.com",
  AUTHENTIK_API_URL: "http://authentik-server:9000",
  AUTHENTIK_TOKEN: "ak-token-0123456789",
  CFAUTH_NETWORK: "tunnel,edge",
};

/** Settings as the daemon reads them from its environment. */
export function configOf(environment: Readonly<Record<string, string>> = {}) {
  const read = readConfig({ ...ENVIRONMENT, ...environment }, () => "");
  if (!read.ok) throw new Error(JSON.stringify(read.faults));
  return read.config;
}

/** Which visitor reached which container with which request. */
export interface Arrival {
  readonly request: Request;
  readonly visitor: Visitor;
  readonly answering: Answering;
}

export interface Household {
  /** Milliseconds since 1970. */
  now: number;
  readonly running: Map<string, Container>;
  groups: readonly string[];
  world: ObservedState;
  /** Every list of rules so far, oldest first. */
  readonly documents: ObservedState["ingress"]["rules"][];
  /** The result of the last pass. */
  readonly outcome: { readonly plan: Plan<AnyChange>; readonly decision: Decision };
  /** Ends the process and starts another one, which remembers nothing. */
  restart(): void;
  /** Runs passes until nothing is left to do. @param onChange - called after each change */
  settle(onChange?: () => void): Promise<void>;
  /** Lets time pass, with a pass whenever the daemon asked for one. */
  wait(ms: number, onChange?: () => void): Promise<void>;
  /** Logs in every visitor wherever they can log in now. The logins stay valid. */
  logIn(): void;
  /** What answers this request of this visitor; nothing if the visitor is turned away. */
  arrival(request: Request, visitor: Visitor): Answering;
  arrivals(requests: readonly Request[]): readonly Arrival[];
}

export interface HouseholdOptions {
  readonly environment?: Readonly<Record<string, string>>;
  readonly world?: ObservedState;
  /** Whether images may be inspected. Default: true. */
  readonly inspects?: boolean;
  /**
   * Whether cfauth runs in a container on cloudflared's networks and so can query Docker's DNS.
   * Default: false.
   */
  readonly attached?: boolean;
}

/** cfauth's own container. */
const SELF: Container = {
  name: "cfauth",
  owner: "cfauth",
  labels: {},
  networks: NETWORKS,
  created: 1,
};

export function household({
  environment = {},
  world: observed = emptyAccount(),
  inspects = true,
  attached = false,
}: HouseholdOptions = {}): Household {
  const config = configOf(environment);
  const [settings, grace, model] = [
    desiredStateSettings(config),
    graceOf(config),
    resourceModel(OWNER, false),
  ];
  const running = new Map<string, Container>();
  const everything = (): readonly Container[] => [...running.values(), ...(attached ? [SELF] : [])];
  const sourceOf = (): Source => {
    const dns = dnsOf(everything, NETWORKS);
    const log = { debug: () => {} };
    const listed = createDockerSource({
      docker: dockerOf(everything, inspects),
      log,
      imageLabels: config.imageLabels,
    });
    return withAnswers(listed, {
      dns,
      outside: async () => new Map(),
      hostname: attached ? shortIdOf(SELF) : "nas",
      isLabelled: ({ labels }) => Object.keys(effectiveLabels(labels, settings).labels).length > 0,
      networks: (workloads) => [
        ...new Set([...settings.networks, ...namedNetworks(workloads, settings)]),
      ],
      routed: () => routedHosts(home.world),
    });
  };
  let source = sourceOf();
  let memory: ReconcileMemory = EMPTY_MEMORY;
  let logins: ReadonlySet<string> = new Set();
  let outcome: Household["outcome"] | undefined;

  const lookUp = (workloads: readonly Workload[]): void => {
    const found = home.groups.map((name) => ({ pk: name, name }));
    home.world = {
      ...home.world,
      lookups: {
        groups: { found },
        tokens: { found: [] },
        asked: referencedNames(workloads, settings),
      },
    };
  };
  const change = (it: AnyChange): void => {
    home.world = applyChange(home.world, it);
  };
  const home: Household = {
    now: 1_000_000_000_000,
    running,
    groups: ["family", "admins"],
    world: observed,
    documents: [],
    get outcome() {
      if (outcome === undefined) throw new Error("no pass has ended yet");
      return outcome;
    },
    restart: () => {
      memory = EMPTY_MEMORY;
      source = sourceOf();
    },
    settle: async (onChange = () => {}) => {
      const workloads = await source.list();
      lookUp(workloads);
      for (let waves = 0; waves < MAX_WAVES; waves++) {
        const decision = computeDesired(settings, grace, workloads, home.world, memory, home.now);
        memory = decision.memory;
        const next = planChanges(model, decision.desired, home.world);
        outcome = { plan: next, decision };
        if (next.changes.length === 0) {
          home.documents.push(home.world.ingress.rules);
          return;
        }
        for (const it of next.changes) {
          change(it);
          onChange();
        }
      }
      throw new Error(
        `never settles: ${outcome?.plan.changes.map(({ action, key }) => `${action} ${key}`).join(", ")}`,
      );
    },
    wait: async (ms, onChange) => {
      const end = home.now + ms;
      for (
        let wakeAt = outcome?.decision.wakeAt;
        wakeAt !== undefined && wakeAt <= end;
        wakeAt = outcome?.decision.wakeAt
      ) {
        home.now = Math.max(home.now, wakeAt);
        await home.settle(onChange);
        if (outcome?.decision.wakeAt === wakeAt) break;
      }
      home.now = end;
      await home.settle(onChange);
    },
    logIn: () => {
      const open = [...home.world.access.mine.values()].flatMap((application) =>
        VISITORS.filter(({ groups }) => groups !== undefined)
          .filter((visitor) => judge(application, home.world, visitor, logins) === "allow")
          .map(({ name }) => `${name} ${application.aud}`),
      );
      logins = new Set([...logins, ...open]);
    },
    arrival: (request, visitor) => {
      if (!resolves([home.world.dns], request.host)) return NOBODY;
      const rule = ruleFor(home.world.ingress.rules, request);
      const service = through(
        rule,
        applicationFor(home.world, request),
        home.world,
        visitor,
        logins,
      );
      const host = service === undefined ? undefined : hostOf(service);
      return host === undefined ? NOBODY : answering(everything(), NETWORKS, host);
    },
    arrivals: (requests) =>
      requests.flatMap((request) =>
        VISITORS.map((visitor) => ({
          request,
          visitor,
          answering: home.arrival(request, visitor),
        })).filter(({ answering: it }) => it.outside || it.containers.length > 0),
      ),
  };
  return home;
}
