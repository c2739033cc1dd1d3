import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  claimFor,
  claimName,
  expressionFor,
  groupsIn,
} from "../../../../src/resources/login/claim.ts";
import type { ObservedLogin } from "../../../../src/resources/login/types.ts";
import { wantedGroups } from "../../../sandbox/authentik/wanted-groups.ts";
import { MAPPINGS } from "../../../support/observed-login.ts";
import { owner } from "../../../support/observed-state.ts";

describe("a group's name in the mapping", () => {
  it.each<{ name: string; group: string; written: string }>([
    { name: "a name with quotes", group: `The "Family's"`, written: `["The \\"Family's\\""]` },
    {
      name: "a name with a backslash",
      group: "DOMAIN\\users",
      written: String.raw`["DOMAIN\\users"]`,
    },
    { name: "a name over two lines", group: "a\nb\r\nc", written: String.raw`["a\nb\r\nc"]` },
    {
      name: "a name that looks like the end of the list",
      group: '"]\nreturn {}',
      written: String.raw`["\"]\nreturn {}"]`,
    },
    {
      name: "a name in a non-Latin script",
      group: "家族 Фамилия 👪",
      written: `["家族 Фамилия 👪"]`,
    },
    {
      name: "a name with a line separator that only Python knows",
      group: "a\u2028b\u0085c\u000bd",
      written: String.raw`["a\u2028b\u0085c\u000bd"]`,
    },
    {
      name: "a name that turns the direction of what follows",
      group: "a\u202eb",
      written: String.raw`["a\u202eb"]`,
    },
    {
      name: "a name with an invisible character outside the basic plane",
      group: "a\u{e0041}",
      written: `["a\u{e0041}"]`,
    },
    { name: "a name with half a character", group: "a\ud83d", written: String.raw`["a\ud83d"]` },
  ])("$name is read back unchanged from the mapping", ({ group, written }) => {
    const expression = expressionFor(owner(), [group]);
    expect(expression.split("\n")[1]).toBe(`wanted = ${written}`);
    expect(groupsIn(expression)).toEqual([group]);
    expect(wantedGroups(expression)?.wanted).toEqual([group]);
  });

  it("any name is read back unchanged from three lines as Python counts them", () => {
    const names = fc.uniqueArray(
      fc.oneof(
        fc.string({ unit: "binary" }),
        fc.string({ unit: "grapheme" }),
        fc.constantFrom("]", "\u2029", "\\"),
      ),
    );
    fc.assert(
      fc.property(names, (groups) => {
        const expression = expressionFor(owner("my-home"), groups);
        expect(groupsIn(expression)).toEqual(groups.toSorted());
        expect(expression.split(/\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]/)).toHaveLength(3);
      }),
    );
  });

  it.each([
    { name: "an empty text", expression: "" },
    { name: "a foreign expression", expression: 'return {"groups": ["family"]}' },
    {
      name: "a list that contains other values than strings",
      expression: "#\nwanted = [1]\nreturn {}",
    },
    { name: "a broken list", expression: '#\nwanted = ["a]\nreturn {}' },
  ])("no groups are read from $name", ({ expression }) => {
    expect(groupsIn(expression)).toEqual([]);
  });
});

it("two owners never share a claim", () => {
  expect(["home", "my-home", "my-home-2"].map((it) => claimName(owner(it)))).toEqual([
    "cfauth_groups_home",
    "cfauth_groups_my_home",
    "cfauth_groups_my_home_2",
  ]);
});

describe("how rules recognise members of a group", () => {
  const CLAIM = "cfauth_groups_home";
  const carried = {
    groups: {
      owner: owner(),
      claim: CLAIM,
      mapping: { pk: "m-1", expression: expressionFor(owner(), ["admins", "family"]) },
      path: MAPPINGS,
      canWriteMapping: true,
    },
    provider: { scopes: ["s-1", "m-1"] },
    method: { claims: [CLAIM], config: { scopes: ["openid", CLAIM] } },
  };
  const claim = (more: object, ...wanted: string[]) =>
    claimFor({ ...carried, ...more } as unknown as ObservedLogin, wanted);
  const readOnly = { ...carried.groups, canWriteMapping: false };
  const direct = { claims: [CLAIM, "groups"], config: { scopes: ["openid", CLAIM] } };

  it.each<{ name: string; more: object; wanted: string[]; by: string | undefined }>([
    {
      name: "members are recognised by the owner's claim",
      more: {},
      wanted: ["family"],
      by: CLAIM,
    },
    {
      name: "members are not recognised while the mapping does not exist",
      more: { groups: { ...carried.groups, mapping: undefined } },
      wanted: ["family"],
      by: undefined,
    },
    {
      name: "members are not recognised while the mapping lacks one of the groups",
      more: {},
      wanted: ["family", "guests"],
      by: undefined,
    },
    {
      name: "members are not recognised while the provider lacks the mapping",
      more: { provider: { scopes: ["s-1"] } },
      wanted: ["family"],
      by: undefined,
    },
    {
      name: "members are not recognised without a provider",
      more: { provider: undefined },
      wanted: ["family"],
      by: undefined,
    },
    {
      name: "members are not recognised without a login method",
      more: { method: undefined },
      wanted: ["family"],
      by: undefined,
    },
    {
      name: "members are not recognised while the login method does not request the scope",
      more: { method: { claims: [CLAIM], config: { scopes: ["openid"] } } },
      wanted: ["family"],
      by: undefined,
    },
    {
      name: "members are not recognised while the login method does not keep the claim",
      more: { method: { claims: ["groups"], config: { scopes: ["openid", CLAIM] } } },
      wanted: ["family"],
      by: undefined,
    },
    {
      name: "members are recognised by their direct groups if no mapping can be created",
      more: { groups: { ...readOnly, mapping: undefined }, method: direct },
      wanted: ["family"],
      by: "groups",
    },
    {
      name: "members are recognised by their direct groups if the mapping cannot be changed",
      more: { groups: readOnly, method: direct },
      wanted: ["guests"],
      by: "groups",
    },
    {
      name: "members are recognised by the owner's claim for the groups of a mapping that cannot be changed",
      more: { groups: readOnly, method: direct },
      wanted: ["family"],
      by: CLAIM,
    },
    {
      name: "members are not recognised while the login method does not keep the direct groups either",
      more: { groups: readOnly },
      wanted: ["guests"],
      by: undefined,
    },
  ])("$name", ({ more, wanted, by }) => {
    expect(claim(more, ...wanted)).toBe(by);
  });
});
