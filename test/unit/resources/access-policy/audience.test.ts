import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Audience, Protection } from "../../../../src/core/domain/exposure.ts";
import { desiredPolicies, policyNames } from "../../../../src/resources/access-policy/audience.ts";
import { anybody, only } from "../../../support/builders.ts";
import { owner } from "../../../support/observed-state.ts";

const names = (protection: Protection): readonly string[] => policyNames(owner(), protection);
const groups = (...list: string[]): readonly string[] => names(only({ groups: list }));

describe("the name of a policy", () => {
  it.each<{ name: string; protection: Protection; says: readonly string[] }>([
    {
      name: "the policy of everyone",
      protection: only({}),
      says: ["everyone who logs in with Authentik"],
    },
    {
      name: "the policy of one group",
      protection: only({ groups: ["Küche 👪"] }),
      says: ["members of Küche 👪"],
    },
    {
      name: "the policy of three groups",
      protection: only({ groups: ["a", "b b", "c"] }),
      says: ["members of a, b b or c"],
    },
    {
      name: "the policy of service tokens",
      protection: only({ tokens: [{ id: "t-1", name: "ci" }] }),
      says: ["service token ci", "everyone who logs in with Authentik"],
    },
    { name: "the policy of public routes", protection: anybody, says: ["public, no login"] },
    {
      name: "the policy of Authentik's own hostname",
      protection: { kind: "login" },
      says: ["public, no login"],
    },
  ])("$name has a readable name", ({ protection, says }) => {
    expect(names(protection)).toEqual(says.map((text) => `cfauth:home ${text}`));
  });

  it.each<{ name: string; one: readonly string[]; other: readonly string[] }>([
    { name: "a name that contains or", one: ["a or b"], other: ["a", "b"] },
    { name: "a name that begins with or", one: ["a", "or b"], other: ["a or", "b"] },
    { name: "a name with a comma", one: ["a, b", "c"], other: ["a", "b", "c"] },
    { name: "a name with another comma", one: ["a", "b, c"], other: ["a, b", "c"] },
    {
      name: "a name like a fingerprint",
      one: groups("a, b").map((text) => text.replace("cfauth:home members of ", "")),
      other: ["a, b"],
    },
    { name: "spaces around a name", one: ["a "], other: ["a"] },
    { name: "spaces inside a name", one: ["a  b"], other: ["a b"] },
    { name: "a tab", one: ["a\tb"], other: ["a b"] },
    { name: "a line break", one: ["a\nb"], other: ["a b"] },
    {
      name: "the end of a long name",
      one: [`${"x".repeat(299)}1`],
      other: [`${"x".repeat(299)}2`],
    },
    {
      name: "the last of many names",
      one: Array.from({ length: 60 }, (_, at) => `group-${at}`),
      other: Array.from({ length: 59 }, (_, at) => `group-${at}`),
    },
    { name: "letter case", one: ["Family"], other: ["family"] },
  ])("policy names distinguish two audiences by $name", ({ one, other }) => {
    expect(groups(...one)).not.toEqual(groups(...other));
  });

  it("a group named like an audience of addresses has another policy name", () => {
    const [addressed = ""] = names(only({ groups: ["a"], emails: ["x@example.com"] }));
    expect(groups(addressed.replace("cfauth:home members of ", ""))).not.toEqual([addressed]);
  });

  it("policy names distinguish any two audiences", () => {
    const name = fc.oneof(
      fc
        .array(fc.constantFrom("a", "b", " ", ",", "or", "and", "#", "…", "\n", " or ", ", "), {
          maxLength: 5,
        })
        .map((parts) => parts.join("")),
      fc.string({ unit: "grapheme", maxLength: 4 }),
    );
    const list = fc.uniqueArray(name, { maxLength: 4 }).map((all) => all.toSorted());
    fc.assert(
      fc.property(list, list, (one, other) => {
        fc.pre(JSON.stringify(one) !== JSON.stringify(other));
        expect(groups(...one)).not.toEqual(groups(...other));
      }),
      { numRuns: 2_000 },
    );
  });

  it.each<{ name: string; list: readonly string[] }>([
    { name: "one group of 300 characters", list: ["x".repeat(300)] },
    { name: "one group of 300 characters of two halves each", list: ["👪".repeat(300)] },
    { name: "a hundred groups", list: Array.from({ length: 100 }, (_, at) => `group-${at}`) },
    { name: "groups with line breaks and control characters", list: ["a\n\u0000b", "\u202ec"] },
    { name: "a group with half a character", list: ["a\ud83d"] },
  ])("a policy name is short and returned unchanged by an API: $name", ({ list }) => {
    const [name = ""] = names(only({ groups: list, emails: ["x@example.com"] }));
    expect(name.isWellFormed()).toBe(true);
    expect(name).toBe(name.trim().replace(/\s+/g, " "));
    expect(name).not.toMatch(/\p{C}/u);
    expect([...name].length).toBeLessThan(250);
  });

  it.each<Partial<Audience>>([
    { emails: ["ann@example.com"] },
    { emails: ["@secret.example.com", "ann@example.com"], groups: ["family"] },
    { emails: ["ann@example.com"], tokens: "any" },
  ])("a policy name never contains an e-mail address: %j", (audience) => {
    expect(names(only(audience)).join()).not.toMatch(/@|ann|secret/);
  });

  it("the same audience has the same policy name, and another address another one", () => {
    const of = (...emails: string[]) => names(only({ emails }));
    expect(of("ann@example.com")).toEqual(of("ann@example.com"));
    expect(of("ann@example.com")).not.toEqual(of("bob@example.com"));
  });

  it("a policy name shows an invisible character in a group's name", () => {
    expect(names(only({ groups: ["fam\u034fily"] }))).toEqual([
      expect.stringMatching(/^cfauth:home members of fam�ily… #[0-9a-f]{16}$/),
    ]);
  });

  it("a policy name belongs to one owner", () => {
    expect(policyNames(owner("home-2"), anybody)).toEqual(["cfauth:home-2 public, no login"]);
  });
});

it("no policy is known before the login method exists", () => {
  expect(desiredPolicies(owner(), only({ tokens: "any" }), undefined, undefined)).toBeUndefined();
});
