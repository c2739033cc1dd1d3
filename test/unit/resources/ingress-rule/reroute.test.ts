/** A rule that is moved to another host while the rest of it stays. */

import { expect, it } from "vitest";
import { summariseDiff } from "../../../../src/resources/describe.ts";
import { diffIngressRule } from "../../../../src/resources/ingress-rule/diff.ts";
import { afterWrite, EMPTY_JOURNAL } from "../../../../src/resources/ingress-rule/journal.ts";
import { mergeRules } from "../../../../src/resources/ingress-rule/merge-rules.ts";
import { rerouteRule } from "../../../../src/resources/ingress-rule/propose.ts";
import { placeholderRule } from "../../../../src/resources/ingress-rule/rules.ts";
import type { IngressRuleChange, RawRule } from "../../../../src/resources/ingress-rule/types.ts";
import type { ObservedState } from "../../../../src/resources/observed.ts";
import { route } from "../../../support/builders.ts";
import { emptyAccount } from "../../core/plan/model.ts";

const APP = "app.example.com";
const OWN = "http://0123456789ab:80";
const MARK = "cfauth:home";

const rule = (more: Partial<RawRule> = {}): RawRule => ({
  hostname: APP,
  service: "http://app.tunnel:80",
  originRequest: {
    noTLSVerify: true,
    access: { required: true, teamName: "team", audTag: ["aud", MARK] },
  },
  ...more,
});
const observed = (...rules: readonly RawRule[]): ObservedState => ({
  ...emptyAccount(),
  ingress: { ...emptyAccount().ingress, rules },
});
const reroute = (at: ObservedState): IngressRuleChange => {
  const change = rerouteRule(route(APP), OWN, at);
  if (change === undefined) throw new Error("no change");
  return change;
};

it("a reroute changes only the service of the rule, in place", () => {
  const others = [
    rule({ hostname: "b.example.com" }),
    rule({ path: "^/api" }),
    { hostname: "theirs.example.com", service: "http://app.tunnel:80" },
  ];
  const at = observed(...others.slice(0, 2), rule(), ...others.slice(2));
  expect(mergeRules(at.ingress, [reroute(at)])).toEqual({
    ...at.ingress,
    rules: [...others.slice(0, 2), rule({ service: OWN }), ...others.slice(2)],
  });
});

it("a reroute does not touch a rule that somebody changed meanwhile", () => {
  const change = reroute(observed(rule()));
  const now = observed(rule({ service: "http://elsewhere:80" })).ingress;
  expect(mergeRules(now, [change])).toEqual(now);
});

it.each<{ name: string; rules: readonly RawRule[] }>([
  { name: "already leads there", rules: [rule({ service: OWN })] },
  {
    name: "is a placeholder",
    rules: [placeholderRule({ placeholder: route(APP), mark: MARK, team: "team" })],
  },
  {
    name: "is another owner's",
    rules: [
      rule({
        originRequest: { access: { required: true, teamName: "team", audTag: ["cfauth:shop"] } },
      }),
    ],
  },
  { name: "does not exist", rules: [] },
])("a rule that $name gets no change", ({ rules }) => {
  expect(rerouteRule(route(APP), OWN, observed(...rules))).toBeUndefined();
});

it("the log and the plan show the old and the new host of a reroute", () => {
  const at = observed(rule());
  expect(summariseDiff(reroute(at), diffIngressRule(reroute(at), at))).toBe(
    `service http://app.tunnel:80 → ${OWN}`,
  );
});

it("a reroute closes no route, and the visitors stay the same", () => {
  const before = observed(rule()).ingress;
  const after = { ...mergeRules(before, [reroute(observed(rule()))]), version: before.version + 1 };
  expect(
    afterWrite(EMPTY_JOURNAL, { before, after, changes: [reroute(observed(rule()))] }, MARK, 0)
      .journal.writes,
  ).toMatchObject([{ version: after.version, opened: new Map(), closed: [] }]);
});
