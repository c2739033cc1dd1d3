import { expect, test } from "vitest";
import { openAuthentik, wire } from "./testing.ts";
import { claimsAfterLogin } from "./visitor.ts";
import { wantedGroups } from "./wanted-groups.ts";

const written = (owner: string, list: string, claim = `cfauth_groups_${owner}`): string =>
  [
    `# Made by cfauth (${owner}): the groups that its routes ask for, inherited ones too.`,
    `wanted = ${list}`,
    `return {"${claim}": [group.name for group in request.user.all_groups() if group.name in wanted]}`,
  ].join("\n");

test.for([
  { name: "an empty list", list: "[]", wanted: [] },
  { name: "two groups", list: '["admins", "family"]', wanted: ["admins", "family"] },
  {
    name: "brackets, commas and colons",
    list: '["a], [b", "c\\": \\"d", "e, f"]',
    wanted: ["a], [b", 'c": "d', "e, f"],
  },
  // Ends a line in JavaScript's regular expressions, but not in Python.
  { name: "a line separator", list: '["a\u2028b"]', wanted: ["a\u2028b"] },
  { name: "escapes", list: '["a\\\\b", "c\\nd", "\\u00e9"]', wanted: ["a\\b", "c\nd", "é"] },
])("the sandbox understands a group list with $name", ({ list, wanted }) => {
  expect(wantedGroups(written("home", list))).toEqual({ claim: "cfauth_groups_home", wanted });
});

test("dashes in an owner's name are underscores in the claim", () => {
  expect(wantedGroups(written("my-home", "[]", "cfauth_groups_my_home"))?.claim).toBe(
    "cfauth_groups_my_home",
  );
  expect(wantedGroups(written("my-home", "[]"))).toBeUndefined();
});

test.for([
  { name: "a claim of another owner", expression: written("home", "[]", "cfauth_groups_other") },
  { name: "a list in Python's own quotes", expression: written("home", "['admins']") },
  { name: "a list of numbers", expression: written("home", "[1]") },
  { name: "an unclosed list", expression: written("home", '["admins"') },
  { name: "a list over two lines", expression: written("home", '["admins",\n"family"]') },
  { name: "no list", expression: written("home", '"admins"') },
  { name: "another comment", expression: written("home", "[]").replace("Made", "made") },
  { name: "a further line", expression: `${written("home", "[]")}\nreturn {}` },
  {
    name: "direct groups only",
    expression: written("home", "[]").replace("all_groups()", "groups.all()"),
  },
])("the sandbox does not run an expression with $name", ({ expression }) => {
  expect(wantedGroups(expression)).toBeUndefined();
});

const kim = {
  users: [{ username: "kim", groups: ["kids", "chess"] }],
  groups: [{ name: "kids", parents: ["family"] }],
};

test.for([
  {
    name: "the requested groups of a user, including inherited ones",
    list: '["family", "kids", "admins"]',
    groups: ["kids", "family"],
  },
  { name: "no groups if none is requested", list: "[]", groups: [] },
])("the token contains $name", async ({ list, groups }) => {
  await using authentik = await openAuthentik(kim);
  const expression = written("home", list);
  const { body } = await authentik.ask("POST", "/propertymappings/provider/scope/", {
    name: "g",
    scope_name: "cfauth_home",
    expression,
  });
  const wired = await wire(authentik);
  wired.provider.property_mappings.push(body.pk);
  const claims = await claimsAfterLogin(authentik, wired, "openid email cfauth_home", "kim");
  expect(claims).toMatchObject({ email: "kim@example.com", cfauth_groups_home: groups });
});

test("an expression that is almost right yields nothing", async () => {
  await using authentik = await openAuthentik(kim);
  const expression = written("home", "['family']");
  const { body } = await authentik.ask("POST", "/propertymappings/provider/scope/", {
    name: "g",
    scope_name: "cfauth_home",
    expression,
  });
  const wired = await wire(authentik);
  wired.provider.property_mappings.push(body.pk);
  const claims = await claimsAfterLogin(authentik, wired, "openid email cfauth_home", "kim");
  expect(claims).not.toHaveProperty("cfauth_groups_home");
});
