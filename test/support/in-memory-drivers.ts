/** Cloudflare and Authentik in memory: hands that look at one World and carry changes out on it, and fail when told to. */
import type { ReferencedNames } from "../../src/core/domain/directory.ts";
import type { Workload } from "../../src/core/domain/workload.ts";
import { ServiceError } from "../../src/core/errors.ts";
import { referencedNames } from "../../src/core/labels/references.ts";
import type { ObservationScope } from "../../src/resources/contract/driver.ts";
import type { Drivers } from "../../src/resources/drivers.ts";
import type { ObservedState } from "../../src/resources/observed.ts";
import type { AnyChange } from "../../src/resources/registry.ts";
import { carryOut, emptyWorld } from "../unit/core/plan/model.ts";

export interface Memory {
  world: ObservedState;
  readonly hands: Drivers;
  /** How deep each look was. */
  readonly looks: ObservationScope[];
  /** What was looked up each time, with commas. */
  readonly lookups: string[];
  /** Every change that was sent, `create dns app.example.com`, whether or not it came through. */
  readonly sent: string[];
  /** What a look throws. */
  down: ServiceError | undefined;
  /** What the change answers instead of being carried out; a outcomeUnknown one is carried out all the same, its answer lost. */
  refuse: (change: AnyChange) => ServiceError | undefined;
}

export const fault = (
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

export function memory(observed: ObservedState = emptyWorld()): Memory {
  const kind = <K extends keyof ObservedState>(name: K) => ({
    kind: name,
    observe: async (depth: ObservationScope) => {
      if (name === "tunnel") it.looks.push(depth);
      if (it.down !== undefined) throw it.down;
      return it.world[name];
    },
    apply: async (changes: readonly AnyChange[], seen: ObservedState[K]) => {
      const told = changes.map((change) => ({ change, error: it.refuse(change) }));
      for (const { change, error } of told) {
        it.sent.push(`${change.action} ${change.key}`);
        if (error === undefined || error.outcomeUnknown) it.world = carryOut(it.world, change);
      }
      const outcomeUnknown = told.some(({ error }) => error?.outcomeUnknown === true);
      return {
        observed: outcomeUnknown ? seen : it.world[name],
        applied: told.flatMap(({ change, error }) => (error === undefined ? [change] : [])),
        failures: told.flatMap(({ change, error }) =>
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
    tile: { ...kind("tile"), observeByRoute: async (_routes: unknown, seen: unknown) => seen },
    lookups: {
      observe: async (asked: ReferencedNames) => {
        if (it.down !== undefined) throw it.down;
        it.lookups.push([...asked.groups, ...asked.tokens].join(","));
        return { ...it.world.lookups, asked };
      },
    },
  } as unknown as Drivers;
  const it: Memory = {
    world: observed,
    hands: drivers,
    looks: [],
    lookups: [],
    sent: [],
    down: undefined,
    refuse: () => undefined,
  };
  return it;
}

/** What labels are read with, as without any setting. */
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

export const askedOf = (workloads: readonly Workload[]): ReferencedNames =>
  referencedNames(workloads, SETTINGS);
