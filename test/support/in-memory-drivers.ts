/** Cloudflare and Authentik in memory: drivers that observe and change one state, and fail on request. */
import type { ReferencedNames } from "../../src/core/domain/directory.ts";
import type { Workload } from "../../src/core/domain/workload.ts";
import { ServiceError } from "../../src/core/errors.ts";
import { referencedNames } from "../../src/core/labels/references.ts";
import type { ObservationScope } from "../../src/resources/contract/driver.ts";
import type { Drivers } from "../../src/resources/drivers.ts";
import type { ObservedState } from "../../src/resources/observed.ts";
import type { AnyChange } from "../../src/resources/registry.ts";
import { applyChange, emptyAccount } from "../unit/core/plan/model.ts";

export interface InMemoryDrivers {
  observed: ObservedState;
  readonly drivers: Drivers;
  /** The scope of each observation. */
  readonly observations: ObservationScope[];
  /** The names of each lookup, separated by commas. */
  readonly lookups: string[];
  /** Every change that was sent, for example `create dns app.example.com`, whether or not it succeeded. */
  readonly sent: string[];
  /** The error that an observation throws. */
  observeError: ServiceError | undefined;
  /** The error of a change, which is then not applied. With `outcomeUnknown` it is applied and only its answer is lost. */
  errorFor: (change: AnyChange) => ServiceError | undefined;
}

export const serviceError = (
  service: ServiceError["service"],
  more: { readonly outcomeUnknown?: boolean; readonly retryAfterMs?: number } = {},
): ServiceError =>
  new ServiceError({
    service,
    code: service === "docker" ? "CFA-DOCKER-UNREACHABLE" : "CFA-CF-UNREACHABLE",
    message: `no answer from ${service}`,
    fix: "wait",
    transient: true,
    ...more,
  });

export function createInMemoryDrivers(observed: ObservedState = emptyAccount()): InMemoryDrivers {
  const kind = <K extends keyof ObservedState>(name: K) => ({
    kind: name,
    observe: async (depth: ObservationScope) => {
      if (name === "tunnel") it.observations.push(depth);
      if (it.observeError !== undefined) throw it.observeError;
      return it.observed[name];
    },
    apply: async (changes: readonly AnyChange[], before: ObservedState[K]) => {
      const results = changes.map((change) => ({ change, error: it.errorFor(change) }));
      for (const { change, error } of results) {
        it.sent.push(`${change.action} ${change.key}`);
        if (error === undefined || error.outcomeUnknown)
          it.observed = applyChange(it.observed, change);
      }
      const outcomeUnknown = results.some(({ error }) => error?.outcomeUnknown === true);
      return {
        observed: outcomeUnknown ? before : it.observed[name],
        applied: results.flatMap(({ change, error }) => (error === undefined ? [change] : [])),
        failures: results.flatMap(({ change, error }) =>
          error === undefined ? [] : [{ change, error }],
        ),
        outcomeUnknown,
      };
    },
  });
  const drivers = {
    login: kind("login"),
    tunnel: kind("tunnel"),
    policy: kind("policy"),
    access: kind("access"),
    ingress: kind("ingress"),
    dns: kind("dns"),
    tile: { ...kind("tile"), observeByRoute: async (_routes: unknown, before: unknown) => before },
    lookups: {
      observe: async (asked: ReferencedNames) => {
        if (it.observeError !== undefined) throw it.observeError;
        it.lookups.push([...asked.groups, ...asked.tokens].join(","));
        return { ...it.observed.lookups, asked };
      },
    },
  } as unknown as Drivers;
  const it: InMemoryDrivers = {
    observed,
    drivers,
    observations: [],
    lookups: [],
    sent: [],
    observeError: undefined,
    errorFor: () => undefined,
  };
  return it;
}

/** The context of labels without any setting. */
export const SETTINGS = {
  prefix: "cfauth",
  reads: [],
  networks: ["tunnel"],
  target: "name",
  domain: undefined,
  allowedZones: undefined,
  waitHealthy: true,
  allowService: false,
  caPools: [],
  allowPublic: true,
  defaults: { access: "authentik", groups: [], session: "24h" },
  login: { host: "auth.example.com", path: "" },
} as const;

export const referencedNamesOf = (workloads: readonly Workload[]): ReferencedNames =>
  referencedNames(workloads, SETTINGS);
