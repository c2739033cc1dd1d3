/**
 * Rules that only our mark distinguishes from foreign ones, and unmarked rules of earlier versions.
 */

import { expect, it } from "vitest";
import { singleContainer } from "../../../../src/core/domain/party.ts";
import { EMPTY_MEMORY, resolveDesired } from "../../../../src/core/plan/desired-state.ts";
import { planChanges } from "../../../../src/core/plan/planner.ts";
import { NOTHING_DESIRED } from "../../../../src/core/plan/types.ts";
import type { AccessApplication } from "../../../../src/resources/access-application/types.ts";
import { type Mine, markOwned } from "../../../../src/resources/contract/owned.ts";
import {
  collectStrayRules,
  markUnmarkedRules,
} from "../../../../src/resources/ingress-rule/marks.ts";
import { mergeRules } from "../../../../src/resources/ingress-rule/merge-rules.ts";
import type { IngressRuleChange, RawRule } from "../../../../src/resources/ingress-rule/types.ts";
import { resourceModel } from "../../../../src/resources/model.ts";
import type { ObservedState } from "../../../../src/resources/observed.ts";
import { deployedRoutes } from "../../../../src/resources/route/deployed.ts";
import { key, NOTHING_RUNS, route } from "../../../support/builders.ts";
import { emptyAccount, OWNER } from "../../core/plan/model.ts";

const APP = "app.example.com";
const MARK = "cfauth:home";
const GRACE = { graceMs: 60_000, startupGraceMs: 300_000 };

const marked = (more: Partial<RawRule> = {}, audiences: readonly string[] = []): RawRule => ({
  hostname: APP,
  service: "http://app:80",
  originRequest: {
    access: { required: audiences.length > 0, teamName: "team", audTag: [...audiences, MARK] },
  },
  ...more,
});
const unmarkedRule = (hostname: string): RawRule => ({ hostname, service: "http://app:80" });

const application = (at: string): [ReturnType<typeof key>, Mine<AccessApplication>] => [
  key(at),
  markOwned({
    id: at,
    aud: `aud-of-${at}`,
    route: key(at),
    name: at,
    allowedIdps: [],
    autoRedirect: true,
    session: "24h",
    tags: [],
    policies: [],
    launcher: { visible: true, logo: undefined },
    unmanagedFields: {},
  }),
];

function observedWith(
  rules: readonly RawRule[],
  ...applications: readonly string[]
): ObservedState {
  const empty = emptyAccount();
  return {
    ...empty,
    access: { ...empty.access, mine: new Map(applications.map(application)) },
    ingress: { ...empty.ingress, rules },
  };
}

/** The changes as soon as the state is seen and no container asks for anything. */
function changesAtOnce(at: ObservedState): readonly string[] {
  const { desired } = resolveDesired([], deployedRoutes(at), NOTHING_RUNS, EMPTY_MEMORY, GRACE, 0);
  const { changes } = planChanges(resourceModel(OWNER), desired, at);
  return changes
    .filter(({ kind }) => kind !== "login" && kind !== "tile")
    .flatMap(({ action, key }) => (key === "tag" ? [] : [`${action} ${key}`]));
}

it.each<{ name: string; rule: RawRule }>([
  { name: "requires no login", rule: marked() },
  { name: "checks the logins of an application that is gone", rule: marked({}, ["aud-0"]) },
])(
  "a restored rule of ours that $name is removed at once, without the grace period of a stopped container",
  ({ rule }) => {
    expect(changesAtOnce(observedWith([rule]))).toEqual([`delete ingress ${APP}`]);
  },
);

it("a rule of ours keeps its grace period while its application exists", () => {
  expect(changesAtOnce(observedWith([marked({}, ["aud-1"])], APP))).toEqual([]);
});

it.each<{ name: string; rule: RawRule }>([
  {
    name: "an unknown audience",
    rule: {
      ...unmarkedRule(APP),
      originRequest: { access: { required: true, teamName: "team", audTag: ["aud-0"] } },
    },
  },
  { name: "no check", rule: unmarkedRule(APP) },
  {
    name: "another owner's mark",
    rule: {
      ...unmarkedRule(APP),
      originRequest: { access: { required: false, teamName: "t", audTag: ["cfauth:other"] } },
    },
  },
])("a rule with $name and without our mark is left as it is", ({ rule }) => {
  expect(
    changesAtOnce(observedWith([rule], `${APP}/api`)).filter((it) => !it.includes(`${APP}/api`)),
  ).toEqual([]);
});

it.each<{ name: string; rules: readonly RawRule[]; removed: readonly RawRule[] }>([
  {
    name: "a path that cfauth cannot have written",
    rules: [marked({ path: "^/(?i)odd" })],
    removed: [marked({ path: "^/(?i)odd" })],
  },
  {
    name: "no hostname",
    rules: [marked({ hostname: "", path: "^/x" })],
    removed: [marked({ hostname: "", path: "^/x" })],
  },
  {
    name: "a hostname in capitals",
    rules: [marked({ hostname: "App.example.com" })],
    removed: [marked({ hostname: "App.example.com" })],
  },
  {
    name: "the place of another rule of ours",
    rules: [marked(), marked({ service: "http://old:80" })],
    removed: [marked({ service: "http://old:80" })],
  },
  { name: "a place of its own", rules: [marked()], removed: [] },
  { name: "no mark", rules: [{ ...unmarkedRule(APP), path: "^/(?i)odd" }], removed: [] },
])(
  "a rule with our mark and $name is removed only if it belongs to no route",
  ({ rules, removed }) => {
    const changes = collectStrayRules(observedWith(rules), NOTHING_DESIRED);
    expect(changes.flatMap((change) => ("existing" in change ? change.existing : []))).toEqual(
      removed,
    );
    const left = mergeRules(observedWith(rules).ingress, changes).rules;
    expect(left).toHaveLength(rules.length - removed.length);
  },
);

it("a stray rule that requires a login stays while a narrower route of its hostname has no rule, and is removed with it", () => {
  const stray = marked({ path: "^/(?i)admin" }, ["aud-1"]);
  const guarded = [
    {
      route: route(`${APP}/admin`),
      workload: "app",
      party: singleContainer("app"),
      service: undefined,
      protection: undefined,
    },
  ];
  expect(
    collectStrayRules(observedWith([stray]), { ...NOTHING_DESIRED, protectedRoutes: guarded }),
  ).toEqual([]);
  expect(collectStrayRules(observedWith([stray]), NOTHING_DESIRED)).toMatchObject([
    { action: "delete", existing: [stray] },
  ]);
  const open = marked({ path: "^/(?i)admin" });
  expect(
    collectStrayRules(observedWith([open]), { ...NOTHING_DESIRED, protectedRoutes: guarded }),
  ).toMatchObject([{ action: "delete", existing: [open] }]);
});

const opening: IngressRuleChange = {
  kind: "ingress",
  action: "create",
  key: "ingress new.example.com",
  subject: "new.example.com",
  desired: {
    route: route("new.example.com"),
    origin: { service: "http://new:80", options: {} },
    check: undefined,
    cleanPathsOnly: false,
    mark: { team: "team", text: MARK },
  },
  existing: [],
};

it("rules of an earlier version get the mark in place with the next write, and cause none by themselves", () => {
  const theirs: RawRule = { hostname: "nas.example.com", service: "http://nas:80" };
  const before = observedWith(
    [
      theirs,
      unmarkedRule(APP),
      { ...unmarkedRule("b.example.com"), originRequest: { noTLSVerify: true } },
    ],
    APP,
    "b.example.com",
  );
  expect(markUnmarkedRules([], before)).toBeUndefined();
  const along = markUnmarkedRules([opening], before);
  expect(mergeRules(before.ingress, [along as IngressRuleChange]).rules).toEqual([
    theirs,
    {
      ...unmarkedRule(APP),
      originRequest: { access: { required: false, teamName: "team", audTag: [MARK] } },
    },
    {
      ...unmarkedRule("b.example.com"),
      originRequest: {
        noTLSVerify: true,
        access: { required: false, teamName: "team", audTag: [MARK] },
      },
    },
  ]);
});

it("a rule of an earlier version that checks a login keeps checking it with the mark in it", () => {
  const access = { required: true, teamName: "team", audTag: [`aud-of-${APP}`] };
  const before = observedWith([{ ...unmarkedRule(APP), originRequest: { access } }], APP);
  expect(
    mergeRules(before.ingress, [markUnmarkedRules([opening], before) as IngressRuleChange]).rules,
  ).toEqual([
    {
      ...unmarkedRule(APP),
      originRequest: { access: { ...access, audTag: [`aud-of-${APP}`, MARK] } },
    },
  ]);
});

it("no mark is added if Cloudflare refuses it", () => {
  const at = observedWith([unmarkedRule(APP)], APP);
  expect(
    markUnmarkedRules([opening], { ...at, ingress: { ...at.ingress, takesMark: false } }),
  ).toBeUndefined();
});

it("the mark of a public rule is not a login check", () => {
  expect(deployedRoutes(observedWith([marked()], APP))).toMatchObject([
    { public: true, placeholder: false, application: true },
  ]);
});
