import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { graceOf } from "../../../src/app.ts";
import { type Request, ruleFor, type Visitor } from "../core/plan/model.ts";
import { answering, type Container, hostOf, shortIdOf } from "./engine.ts";
import { configOf, type Household, household, NETWORKS } from "./household.ts";
import {
  AUTHENTIK,
  asksForLogin,
  containerOf,
  type Intent,
  intends,
  intentOf,
  isSound,
  type Member,
  membersOf,
  REQUESTS,
  WIKI,
} from "./parties.ts";
import { type DeployedRule, type Resident, Tenure } from "./tenure.ts";

fc.configureGlobal({
  endOnFailure: process.env["CFAUTH_TEST_SHRINK"] === "false",
  ...(process.env["CFAUTH_TEST_SEED"] && { seed: Number(process.env["CFAUTH_TEST_SEED"]) }),
  ...(process.env["CFAUTH_TEST_PATH"] && { path: process.env["CFAUTH_TEST_PATH"] }),
});

const RUNS = Number(process.env["CFAUTH_TEST_RUNS"] ?? 300);
/** CFAUTH_TEST_SEED and CFAUTH_TEST_PATH select one history of a report. */
const isTraced = process.env["CFAUTH_TEST_TRACE"] === "true";
const SECOND_MS = 1_000;
const ALL_GROUPS = ["admins", "family"];

type Step =
  /** Creates the container, or recreates it with other labels. */
  | { readonly do: "create"; readonly member: Member; readonly intent: Intent }
  | { readonly do: "stop"; readonly member: Member }
  /** Starts the stopped container again, unchanged. */
  | { readonly do: "start"; readonly member: Member }
  /** Renames a group in Authentik, or gives it its name back. */
  | { readonly do: "rename"; readonly groups: readonly string[] }
  | { readonly do: "restart" }
  | { readonly do: "wait"; readonly ms: number }
  /**
   * Restarts the machine: cfauth starts first, and the containers start one by one in some order,
   * or not at all.
   */
  | { readonly do: "reboot"; readonly order: readonly number[] }
  /** Another writer saves an old copy of the tunnel's configuration. */
  | { readonly do: "restore"; readonly back: number };

const creation = (members: readonly Member[]): fc.Arbitrary<Step> =>
  fc
    .constantFrom(...members)
    .chain((member) =>
      intentOf(member).map((intent) => ({ do: "create" as const, member, intent })),
    );

const stepOf = (members: readonly Member[]): fc.Arbitrary<Step> =>
  fc.oneof(
    { weight: 6, arbitrary: creation(members) },
    {
      weight: 3,
      arbitrary: fc.record({
        do: fc.constant("stop" as const),
        member: fc.constantFrom(...members),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        do: fc.constant("start" as const),
        member: fc.constantFrom(...members),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        do: fc.constant("rename" as const),
        groups: fc.constantFrom(["admins"], ["admins", "family"]),
      }),
    },
    { weight: 1, arbitrary: fc.constant<Step>({ do: "restart" }) },
    {
      weight: 3,
      arbitrary: fc.record({
        do: fc.constant("wait" as const),
        ms: fc.constantFrom(10_000, 120_000, 700_000),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        do: fc.constant("reboot" as const),
        order: fc.array(fc.nat(9), { minLength: 7, maxLength: 7 }),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        do: fc.constant("restore" as const),
        back: fc.integer({ min: 1, max: 4 }),
      }),
    },
  );

interface Scene {
  readonly target: "name" | "id";
  /** Whether cfauth can query Docker's DNS. */
  readonly attached: boolean;
  readonly members: readonly Member[];
  readonly steps: readonly Step[];
}

/**
 * No list shows an alias. cfauth knows about it if it can query Docker's DNS, and a rule by id does
 * not depend on it.
 */
const scene: fc.Arbitrary<Scene> = fc
  .tuple(fc.constantFrom("name" as const, "id" as const), fc.boolean())
  .chain(([target, attached]) =>
    membersOf(target === "id" || attached).chain((members) =>
      fc.record({
        target: fc.constant(target),
        attached: fc.constant(attached),
        members: fc.constant(members),
        steps: fc
          .tuple(
            fc.array(creation(members), { minLength: 1, maxLength: 4 }),
            fc.array(stepOf(members), { minLength: 2, maxLength: 10 }),
          )
          .map(([first, then]) => [...first, ...then]),
      }),
    ),
  );

/** The history as text. */
const describeStep = (step: Step): string => {
  switch (step.do) {
    case "create":
      return `create ${step.member.name} of ${step.member.owner}: ${describeIntent(step.intent)}`;
    case "stop":
    case "start":
      return `${step.do} ${step.member.name}`;
    case "rename":
      return `groups: ${step.groups.join(", ")}`;
    case "restart":
      return "restart cfauth";
    case "wait":
      return `wait ${step.ms / SECOND_MS} s`;
    case "reboot":
      return `reboot: ${step.order.join(" ")}`;
    case "restore":
      return `restore the document of ${step.back} steps ago`;
  }
};

const describeIntent = ({
  routes,
  shareWith,
  adopt,
  further,
  imageLabels,
  networks,
}: Intent): string =>
  [
    ...routes.map(
      ({ host, path = "", access, bypass }) =>
        `${host}${path} ${access}${bypass ? " with /hooks" : ""}`,
    ),
    ...(shareWith.length > 0 ? [`shared with ${shareWith.join(" and ")}`] : []),
    ...(adopt ? ["adopt"] : []),
    ...Object.entries(further).map(([key, text]) => `${key}=${text}`),
    ...Object.entries(imageLabels).map(([key, text]) => `image: ${key}=${text}`),
    ...(networks.join() === "tunnel" ? [] : [`on ${networks.join(" and ")}`]),
  ].join(", ");

const describeMember = ({ name, owner, compose, aliases }: Member): string =>
  `${name} of ${owner}${compose === undefined ? "" : `, labelled ${compose.project}/${compose.service}`}${aliases.length > 0 ? `, aliases ${aliases.join(" ")}` : ""}`;

const describeScene = ({ target, attached, members, steps }: Scene): string =>
  [
    `CFAUTH_TARGET=${target}${attached ? ", with Docker's DNS" : ""}`,
    ...members.map(describeMember),
    ...steps.map((step, at) => `${at + 1}. ${describeStep(step)}`),
  ].join("\n");

interface Life extends Resident {
  readonly created: number;
  readonly incarnation: number;
}

/** Its name and every short id that it has had. */
const namesOf = ({ member: { name }, incarnation }: Life): readonly string[] => [
  name,
  ...Array.from({ length: incarnation + 1 }, (_, index) => shortIdOf({ name, incarnation: index })),
];

/**
 * The same history in several households: one with all parties, and one per party in which the
 * others' containers never existed.
 */
class History {
  private readonly lives = new Map<string, Life>();
  private readonly all: Household;
  private readonly alone: ReadonlyMap<string, Household>;
  private readonly documents = new Map<Household, Household["world"]["ingress"]["rules"][]>();
  private readonly tenure: Tenure;
  /** Per container: the labels that may still be in force. */
  private readonly inForce = new Map<string, readonly Intent[]>();

  constructor({ target, attached, members }: Omit<Scene, "steps">) {
    const settings = { CFAUTH_TARGET: target, CFAUTH_AUTHENTIK_CONTAINER: AUTHENTIK.name };
    const options = { environment: settings, attached };
    this.all = household(options);
    this.alone = new Map(
      [...new Set(members.map(({ owner }) => owner))].map((owner) => [owner, household(options)]),
    );
    this.tenure = new Tenure(graceOf(configOf(settings)));
  }

  private get households(): readonly Household[] {
    return [this.all, ...this.alone.values()];
  }

  async take(step: Step): Promise<void> {
    for (const home of this.households) home.now += SECOND_MS;
    switch (step.do) {
      case "create":
        this.create(step);
        return this.settle();
      case "stop":
        this.run(step.member, false);
        return this.settle();
      case "start":
        this.run(step.member, true);
        return this.settle();
      case "rename":
        for (const home of this.households) home.groups = step.groups;
        return this.settle();
      case "restart":
        this.restart();
        return this.settle();
      case "wait":
        // A stopped container is noticed at once, not when the time is over.
        if (step.ms > SECOND_MS * 60 && this.endForgeries()) await this.settle();
        return this.settle(step.ms);
      case "reboot":
        return this.reboot(step.order);
      case "restore":
        this.restore(step.back);
        return this.settle();
    }
  }

  private create({ member, intent }: Step & { do: "create" }): void {
    if (member.forged && this.lives.get(WIKI.name)?.running !== true) return;
    const incarnation = (this.lives.get(member.name)?.incarnation ?? 0) + 1;
    const created = Math.floor(this.all.now / SECOND_MS);
    this.lives.set(member.name, {
      member,
      intent,
      running: true,
      created,
      incarnation,
      id: shortIdOf({ name: member.name, incarnation }),
    });
    this.inForce.set(member.name, [...(this.inForce.get(member.name) ?? []), intent]);
  }

  private run(member: Member, running: boolean): void {
    const life = this.lives.get(member.name);
    if (
      life === undefined ||
      (running && member.forged && this.lives.get(WIKI.name)?.running !== true)
    )
      return;
    this.lives.set(member.name, { ...life, running });
  }

  private restart(): void {
    this.endForgeries();
    this.place();
    for (const home of this.households) home.restart();
    this.tenure.restarted([...this.lives.values()], this.rules(), this.all.now);
  }

  /**
   * Stops copied containers once the original is gone. Without the original, nothing distinguishes
   * a copy from it.
   *
   * @returns whether any container was stopped
   */
  private endForgeries(): boolean {
    if (this.lives.get(WIKI.name)?.running === true) return false;
    const copies = [...this.lives.values()].filter(
      ({ member, running }) => member.forged && running,
    );
    for (const { member } of copies) this.run(member, false);
    return copies.length > 0;
  }

  private async reboot(order: readonly number[]): Promise<void> {
    const before = [...this.lives.values()]
      .filter(({ running }) => running)
      .map(({ member }) => member);
    for (const { member } of this.lives.values()) this.run(member, false);
    this.restart();
    await this.settle();
    const ranked = before
      .map((member, index) => ({ member, at: order[index] ?? 0 }))
      .filter(({ at }) => at > 0);
    for (const { member } of ranked.toSorted((a, b) => a.at - b.at)) {
      for (const home of this.households) home.now += SECOND_MS;
      this.run(member, true);
      await this.settle();
    }
  }

  private restore(back: number): void {
    const before = this.deployed();
    for (const home of this.households) {
      const documents = this.documents.get(home) ?? [];
      const rules = documents.at(-1 - back) ?? documents[0];
      if (rules === undefined) continue;
      home.world = {
        ...home.world,
        ingress: { ...home.world.ingress, rules, version: home.world.ingress.version + 1 },
      };
    }
    this.place();
    this.tenure.reopen(
      new Map([...this.deployed()].filter(([hostname, owner]) => before.get(hostname) !== owner)),
    );
  }

  /** Sets the running containers of each household. */
  private place(): void {
    const running = [...this.lives.values()].filter((it) => it.running);
    const put = (home: Household, lives: readonly Life[]) => {
      home.running.clear();
      for (const { member, intent, created, incarnation } of lives)
        home.running.set(member.name, containerOf(member, intent, created, incarnation));
    };
    put(this.all, running);
    for (const [owner, home] of this.alone)
      put(
        home,
        running.filter(({ member }) => member.owner === owner),
      );
  }

  private async settle(waitMs = 0): Promise<void> {
    this.place();
    const before = new Set(this.all.arrivals(REQUESTS).map(describeArrival));
    const check = () => this.checkInstant(before);
    if (waitMs === 0) await this.all.settle(check);
    else await this.all.wait(waitMs, check);
    for (const home of this.alone.values())
      await (waitMs === 0 ? home.settle() : home.wait(waitMs));
    this.tenure.update([...this.lives.values()], this.deployed(), this.all.now);
    this.forget();
    for (const home of this.households) {
      home.logIn();
      this.documents.set(home, [...(this.documents.get(home) ?? []), home.world.ingress.rules]);
    }
    this.checkSettled();
    for (const [owner, home] of this.alone) this.compare(owner, home);
  }

  /**
   * Once the daemon has nothing left to do, labels without faults have replaced all earlier ones.
   */
  private forget(): void {
    for (const { member, intent, running } of this.lives.values())
      if (running && isSound(intent, this.all.groups)) {
        const login =
          member === AUTHENTIK
            ? (this.inForce.get(member.name) ?? []).filter(asksForLogin).slice(-1)
            : [];
        this.inForce.set(member.name, [...login, intent]);
      }
  }

  /** The rules that lead to containers, running or not. */
  private rules(): readonly DeployedRule[] {
    const running = [...this.all.running.values()];
    const { rules } = this.all.world.ingress;
    return rules.flatMap((rule) => {
      const { hostname = "", service } = rule;
      const host = hostOf(service);
      if (host === undefined) return [];
      const isTheirs = (name: string) =>
        host === name || NETWORKS.some((network) => host === `${name}.${network}`);
      const owners = [...this.lives.values()]
        .filter((it) => namesOf(it).some(isTheirs))
        .map(({ member }) => member.owner);
      const answers = answering(running, NETWORKS, host).containers.length > 0;
      const own = rules.filter((it) => it.hostname === hostname);
      const isWhole = ruleFor(own, { host: hostname, path: "/" }) === rule;
      return [{ hostname, host, owners, isWhole, answers, byId: /^[0-9a-f]{12}(\.|$)/.test(host) }];
    });
  }

  /**
   * The party that each hostname's rules lead to: the one that answers at the root, otherwise the
   * one that all paths lead to.
   */
  private deployed(): ReadonlyMap<string, string> {
    const { rules } = this.all.world.ingress;
    const running = [...this.all.running.values()];
    const ownersOf = (service: string): readonly string[] => {
      const host = hostOf(service);
      return host === undefined
        ? []
        : answering(running, NETWORKS, host).containers.map(({ owner }) => owner);
    };
    const names = new Set(rules.map(({ hostname = "" }) => hostname));
    return new Map(
      [...names].flatMap((hostname): [string, string][] => {
        const own = rules.filter((rule) => rule.hostname === hostname);
        const root = ownersOf(ruleFor(own, { host: hostname, path: "/" })?.service ?? "");
        const [owner, ...others] = new Set(
          root.length > 0 ? root : own.flatMap(({ service }) => ownersOf(service)),
        );
        return owner === undefined || others.length > 0 ? [] : [[hostname, owner]];
      }),
    );
  }

  private mayEnter(container: Container, request: Request, visitor: Visitor): boolean {
    const member = this.lives.get(container.name)?.member;
    return (
      member !== undefined &&
      (this.inForce.get(container.name) ?? []).some((intent) =>
        intends(member, intent, request, visitor),
      )
    );
  }

  /**
   * No change may admit anyone, or lead anywhere, against the labels. Effects of a container's
   * start alone are not judged.
   */
  private checkInstant(before: ReadonlySet<string>): void {
    for (const arrival of this.all.arrivals(REQUESTS)) {
      if (before.has(describeArrival(arrival))) continue;
      for (const fault of this.faultsOf(arrival, false))
        throw new Error(`while settling: ${describeArrival(arrival)}: ${fault}`);
    }
  }

  /** The current state as text, for debugging a failure. */
  describe(): string {
    const of = (name: string, { world: observed, outcome }: Household) => {
      const rules = observed.ingress.rules.map(
        ({ hostname = "", path = "", service }) => `  ${hostname}${path} → ${service}`,
      );
      const problems = outcome.plan.problems.map(
        ({ code, route = "", message }) => `  ${code} ${route}: ${message}`,
      );
      const waiting = outcome.decision.desired.pending.map(
        ({ route, reason }) => `  ${route} waits for ${reason}`,
      );
      return [`${name}:`, ...rules, ...problems, ...waiting].join("\n");
    };
    return [
      of("all", this.all),
      ...[...this.alone].map(([owner, home]) => of(`${owner} alone`, home)),
    ].join("\n");
  }

  private checkSettled(): void {
    for (const arrival of this.all.arrivals(REQUESTS))
      for (const fault of this.faultsOf(arrival, true))
        throw new Error(`${describeArrival(arrival)}: ${fault}`);
  }

  private faultsOf(
    { request, visitor, answering: it }: ReturnType<Household["arrivals"]>[number],
    settled: boolean,
  ): readonly string[] {
    const faults = it.containers.flatMap((container) => {
      const objection =
        settled || request.host === "auth.example.com"
          ? this.tenure.objection(container, request)
          : undefined;
      return [
        ...(objection === undefined ? [] : [objection]),
        ...(this.mayEnter(container, request, visitor)
          ? []
          : [`its labels do not let ${visitor.name} in`]),
      ];
    });
    return it.outside ? [...faults, "a machine outside of Docker may answer"] : faults;
  }

  /**
   * Each party must have the same routes beside the others as alone. Exception: invalid labels
   * leave a route as it was. A route that leads to a short id, because another container has its
   * name, does not follow its container to a new id.
   */
  private compare(owner: string, alone: Household): void {
    const own = [...this.lives.values()].filter(({ member }) => member.owner === owner);
    // A party that copies another project's labels counts as that project while nothing contradicts
    // it. Alone it would be a different party.
    if (own.some(({ member }) => member.forged)) return;
    const intents = own.map(({ intent }) => intent);
    const sound = intents.every((intent) => isSound(intent, this.all.groups));
    const requests = REQUESTS.filter((request) => this.tenure.isOwn(owner, request, sound));
    const reached = (home: Household) =>
      home
        .arrivals(requests)
        .flatMap(({ request, visitor, answering: { containers } }) =>
          containers
            .filter((it) => it.owner === owner)
            .map(({ name }) => `${visitor.name} at ${request.host}${request.path} → ${name}`),
        );
    const [beside, by] = [reached(this.all), reached(alone)];
    const faulty = intents.some((intent) => !isSound(intent, ALL_GROUPS));
    expect(faulty ? by : beside, `${owner} beside the others, and alone`).toEqual(
      faulty ? expect.arrayContaining(beside) : by,
    );
  }
}

const describeArrival = ({
  request,
  visitor,
  answering: { containers, outside },
}: ReturnType<Household["arrivals"]>[number]): string =>
  `${visitor.name} at ${request.host}${request.path} → ${[...containers.map(({ name }) => name), ...(outside ? ["outside"] : [])].join(" and ")}`;

/** Prints the counterexample as sentences instead of fast-check's objects. */
function report(run: fc.RunDetails<[Scene]>): void {
  if (!run.failed) return;
  const [found] = run.counterexample ?? [];
  const cause =
    run.errorInstance instanceof Error ? run.errorInstance.message : String(run.errorInstance);
  const history = found === undefined ? "" : describeScene(found);
  throw new Error(
    `seed ${run.seed}, path ${run.counterexamplePath}, after ${run.numRuns} runs\n${history}\n${cause}`,
    {
      cause: run.errorInstance,
    },
  );
}

describe("non-interference of parties", { timeout: 300_000 }, () => {
  it("who reaches a party's containers, and which container answers, is the same with and without the other parties", async () => {
    await fc.assert(
      fc.asyncProperty(scene, async ({ steps, ...about }) => {
        const history = new History(about);
        for (const [index, step] of steps.entries()) {
          await history.take(step).catch((cause: Error) => {
            if (isTraced) console.log(history.describe());
            throw new Error(`after step ${index + 1}: ${cause.message}`, { cause });
          });
          if (isTraced) console.log(`${index + 1}. ${describeStep(step)}\n${history.describe()}`);
        }
      }),
      { numRuns: RUNS, reporter: report },
    );
  });
});
