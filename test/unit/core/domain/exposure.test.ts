import { expect, it } from "vitest";
import { isSubsetOf, type Protection } from "../../../../src/core/domain/exposure.ts";
import { anybody, members, only } from "../../../support/builders.ts";

const backup = { id: "t-1", name: "backup" };
const ci = { id: "t-2", name: "ci" };

it.each<{ name: string; one: Protection; other: Protection; is: boolean }>([
  { name: "everyone who logs in, compared with anybody", one: members, other: anybody, is: true },
  { name: "anybody, compared with everyone who logs in", one: anybody, other: members, is: false },
  {
    name: "the login itself, compared with everyone who logs in",
    one: { kind: "login" },
    other: members,
    is: false,
  },
  {
    name: "a group, compared with everyone who logs in",
    one: only({ groups: ["family"] }),
    other: members,
    is: true,
  },
  {
    name: "everyone who logs in, compared with a group",
    one: members,
    other: only({ groups: ["family"] }),
    is: false,
  },
  {
    name: "a group, compared with two",
    one: only({ groups: ["family"] }),
    other: only({ groups: ["admins", "family"] }),
    is: true,
  },
  {
    name: "two groups, compared with one of them",
    one: only({ groups: ["admins", "family"] }),
    other: only({ groups: ["family"] }),
    is: false,
  },
  {
    name: "a group, compared with another group",
    one: only({ groups: ["admins"] }),
    other: only({ groups: ["family"] }),
    is: false,
  },
  {
    name: "an address, compared with a group and the same address",
    one: only({ emails: ["a@b.c"] }),
    other: only({ groups: ["g"], emails: ["a@b.c"] }),
    is: true,
  },
  {
    name: "an address, compared with everyone who logs in",
    one: only({ emails: ["a@b.c"] }),
    other: members,
    is: true,
  },
  {
    name: "a service token, compared with everyone who logs in",
    one: only({ tokens: [backup] }),
    other: members,
    is: false,
  },
  {
    name: "a service token, compared with two",
    one: only({ tokens: [backup] }),
    other: only({ tokens: [backup, ci] }),
    is: true,
  },
  {
    name: "any service token, compared with one",
    one: only({ tokens: "any" }),
    other: only({ tokens: [backup] }),
    is: false,
  },
  {
    name: "one service token, compared with any",
    one: only({ tokens: [backup] }),
    other: only({ tokens: "any" }),
    is: true,
  },
  {
    name: "a policy of the user's, compared with none",
    one: only({ policies: ["p"] }),
    other: members,
    is: false,
  },
])("$name, is a subset: $is", ({ one, other, is }) => {
  expect(isSubsetOf(one, other)).toBe(is);
});
