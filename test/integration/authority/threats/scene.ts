/** A small stage for the threats: containers start and stop, and a short text describes what visitors get. */

import type { Container } from "../../../unit/authority/engine.ts";
import {
  type Household,
  type HouseholdOptions,
  household,
} from "../../../unit/authority/household.ts";
import { type Request, VISITORS } from "../../../unit/core/plan/model.ts";

export interface About extends Partial<Omit<Container, "labels">> {
  readonly compose?: { readonly project: string; readonly service: string };
  /** The `cfauth.` labels without their prefix. */
  readonly labels?: Readonly<Record<string, string>>;
  /** Labels with their full names. */
  readonly others?: Readonly<Record<string, string>>;
}

let started = 0;

/** A container on the tunnel network. Each is younger than the ones before. */
export function container(
  name: string,
  { labels = {}, others = {}, compose, ...about }: About = {},
): Container {
  const own = Object.fromEntries(
    Object.entries(labels).map(([key, text]) => [`cfauth.${key}`, text]),
  );
  const composed =
    compose === undefined
      ? {}
      : {
          "com.docker.compose.project": compose.project,
          "com.docker.compose.service": compose.service,
        };
  return {
    name,
    owner: compose?.project ?? name,
    networks: ["tunnel"],
    created: 1_000_000 + ++started,
    aliases: compose === undefined ? [] : [compose.service],
    ...about,
    labels: { ...composed, ...own, ...others },
  };
}

/** A service of a Compose project, with Compose's name for its container. */
export const composed = (project: string, service: string, about: About = {}): Container =>
  container(`${project}-${service}-1`, { compose: { project, service }, ...about });

/** Authentik's own container. AUTHENTIK_API_URL contains its Compose service. */
export const authentik = (labels: About["labels"] = { hostname: "auth.example.com" }): Container =>
  composed("authentik", "authentik-server", { labels, ports: [9000] });

export interface Scene {
  readonly home: Household;
  /** Starts these containers, replacing those with the same name, and runs the daemon until it converges. */
  up(...containers: readonly Container[]): Promise<void>;
  down(...names: readonly string[]): Promise<void>;
  wait(seconds: number): Promise<void>;
  /** Restarts the machine: cfauth starts first, then these containers one after another. */
  reboot(...containers: readonly Container[]): Promise<void>;
  /** Who gets which container at a place such as `wiki.example.com/login`: `home-wiki-1 to anyone`, `nobody`. */
  at(place: string): string;
  /** The problem codes of one container, without repetitions. */
  problems(name: string): readonly string[];
  /** The live routes, sorted. */
  readonly live: readonly string[];
}

export interface SceneOptions extends Omit<HouseholdOptions, "environment"> {
  readonly settings?: Readonly<Record<string, string>>;
}

export function scene({ settings = {}, ...options }: SceneOptions = {}): Scene {
  const home = household({ environment: settings, ...options });
  const settle = async (): Promise<void> => {
    home.now += 1_000;
    await home.settle();
    home.logIn();
  };
  return {
    home,
    up: async (...containers) => {
      for (const it of containers) home.running.set(it.name, it);
      await settle();
    },
    down: async (...names) => {
      for (const name of names) home.running.delete(name);
      await settle();
    },
    wait: async (seconds) => {
      await home.wait(seconds * 1_000);
      home.logIn();
    },
    reboot: async (...containers) => {
      home.running.clear();
      home.restart();
      await settle();
      for (const it of containers) {
        home.running.set(it.name, it);
        await settle();
      }
    },
    at: (place) => {
      const slash = place.indexOf("/");
      const request = {
        host: slash < 0 ? place : place.slice(0, slash),
        path: slash < 0 ? "/" : place.slice(slash),
      };
      return answers(home, request);
    },
    problems: (name) => [
      ...new Set(
        home.outcome.plan.problems
          .filter(({ container: of }) => of === name)
          .map(({ code }) => code),
      ),
    ],
    get live() {
      return home.outcome.plan.live.toSorted();
    },
  };
}

const AUDIENCES: readonly (readonly [string, readonly string[]])[] = [
  ["anyone", VISITORS.map(({ name }) => name)],
  ["everyone who logs in", ["a member of no group", "one of the family", "an admin"]],
  ["the family", ["one of the family"]],
  ["the admins", ["an admin"]],
];

function answers(home: Household, request: Request): string {
  const by = new Map<string, string[]>();
  for (const visitor of VISITORS) {
    const { containers, outside } = home.arrival(request, visitor);
    const who = [
      ...containers.map(({ name }) => name),
      ...(outside ? ["a machine outside of Docker"] : []),
    ].join(" or ");
    if (who !== "") by.set(who, [...(by.get(who) ?? []), visitor.name]);
  }
  if (by.size === 0) return "nobody";
  return [...by].map(([who, visitors]) => `${who} to ${audienceOf(visitors)}`).join(", ");
}

const audienceOf = (visitors: readonly string[]): string =>
  AUDIENCES.find(([, all]) => all.join() === visitors.join())?.[0] ?? visitors.join(" and ");
