/** Cloudflare and Authentik in memory: hands that look at one World and carry changes out on it, and fail when told to. */
import type { Asked } from "../../src/domain/directory.ts";
import type { Workload } from "../../src/domain/workload.ts";
import { WorldError } from "../../src/errors.ts";
import type { Hands } from "../../src/kinds/hands.ts";
import type { AnyChange } from "../../src/kinds/index.ts";
import type { Depth } from "../../src/kinds/kind.ts";
import type { World } from "../../src/kinds/world.ts";
import { asked } from "../../src/labels/asked.ts";
import { carryOut, emptyWorld } from "../plan/model.ts";

export interface Memory {
  world: World;
  readonly hands: Hands;
  /** How deep each look was. */
  readonly looks: Depth[];
  /** What was looked up each time, with commas. */
  readonly lookups: string[];
  /** Every change that was sent, `create dns app.example.com`, whether or not it came through. */
  readonly sent: string[];
  /** What a look throws. */
  down: WorldError | undefined;
  /** What the change answers instead of being carried out; a doubtful one is carried out all the same, its answer lost. */
  refuse: (change: AnyChange) => WorldError | undefined;
}

export const fault = (
  service: WorldError["service"],
  more: { readonly doubtful?: boolean; readonly retryAfterMs?: number } = {},
): WorldError =>
  new WorldError({
    service,
    code: service === "docker" ? "CFA-DOCKER-UNREACHABLE" : "CFA-CF-UNREACHABLE",
    message: `no answer from ${service}`,
    fix: "wait",
    transient: true,
    ...more,
  });

export function memory(world: World = emptyWorld()): Memory {
  const kind = <K extends keyof World>(name: K) => ({
    kind: name,
    observe: async (depth: Depth) => {
      if (name === "tunnel") it.looks.push(depth);
      if (it.down !== undefined) throw it.down;
      return it.world[name];
    },
    apply: async (changes: readonly AnyChange[], seen: World[K]) => {
      const told = changes.map((change) => ({ change, error: it.refuse(change) }));
      for (const { change, error } of told) {
        it.sent.push(`${change.action} ${change.key}`);
        if (error === undefined || error.doubtful) it.world = carryOut(it.world, change);
      }
      const doubtful = told.some(({ error }) => error?.doubtful === true);
      return {
        seen: doubtful ? seen : it.world[name],
        done: told.flatMap(({ change, error }) => (error === undefined ? [change] : [])),
        failures: told.flatMap(({ change, error }) => (error === undefined ? [] : [{ change, error }])),
        doubtful,
      };
    },
  });
  const hands = {
    login: kind("login"),
    tunnel: kind("tunnel"),
    policy: kind("policy"),
    access: kind("access"),
    ingress: kind("ingress"),
    dns: kind("dns"),
    tile: { ...kind("tile"), seek: async (_routes: unknown, seen: unknown) => seen },
    directory: {
      observe: async (asked: Asked) => {
        if (it.down !== undefined) throw it.down;
        it.lookups.push([...asked.groups, ...asked.tokens].join(","));
        return { ...it.world.directory, asked };
      },
    },
  } as unknown as Hands;
  const it: Memory = { world, hands, looks: [], lookups: [], sent: [], down: undefined, refuse: () => undefined };
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

export const askedOf = (workloads: readonly Workload[]): Asked => asked(workloads, SETTINGS);
