import { loginPrerequisite } from "../../../src/resources/login/propose.ts";
import { groups, method, observedLogin } from "../../../test/support/observed-login.ts";
import { desiredForGroups } from "../../../test/support/observed-state.ts";
import { type Entry, ROUTE_CLOSED_OR_KEPT } from "./entry.ts";
import { problemsOfCases } from "./run.ts";

export const AUDIENCE = {
  "CFA-GROUP-UNKNOWN": {
    title: "a group that Authentik does not have",
    messages: () =>
      problemsOfCases(
        { labels: { "access.groups": "familly" } },
        { labels: { "access.groups": "zebra" } },
      ),
    meaning:
      "A label or `CFAUTH_DEFAULT_GROUPS` names a group that Authentik does not have. Letter case counts.",
    reason:
      "Ignoring the name would change who may enter. If no name were left, everyone who can log in could enter.",
    solution: [
      "Correct the name, or create the group in Authentik under Directory → Groups. If you rename a group, change the label too. cfauth finds a new group at its next resync (`CFAUTH_RESYNC_INTERVAL`, 5 minutes).",
    ],
    effect: ROUTE_CLOSED_OR_KEPT,
  },
  "CFA-GROUP-DIRECT": {
    title: "members of nested groups are locked out",
    messages: () =>
      loginPrerequisite.propose(
        {
          login: observedLogin({
            groups: groups({ canWriteMapping: false }),
            method: method({ claims: ["groups"] }),
          }),
        },
        desiredForGroups("family"),
      ).problems,
    meaning:
      "cfauth's account in Authentik may not write scope mappings. Logins then carry only the groups of which a person is a direct member.",
    warning: true,
    reason:
      "Direct members can enter. Indirect members are locked out although the label admits them; nobody gets in who should not.",
    solution: [
      "Give the role of the token's user the two permissions ([how](authentik.md#an-account-with-few-permissions)), or ignore the warning if you have no nested groups. The price of the permissions: a mapping is Python code that Authentik runs.",
    ],
    effect: "Routes open. Members of a nested group cannot enter.",
  },
  "CFA-POLICY-UNKNOWN": {
    title: "a policy that the account does not have",
    messages: () =>
      problemsOfCases(
        { labels: { "access.policies": "Freinds" } },
        { labels: { "access.policies": "Zebra" } },
        { labels: { "access.policies": "Twins" } },
      ),
    meaning:
      "`access.policies` names a reusable Access policy that the account does not have, or a name that several policies share.",
    reason: "Without the policy, other people could enter than the label says.",
    solution: [
      "Correct the name, or create the policy under Zero Trust → Access → Policies. If two policies share a name, write the id, which is in the address of the policy's page. A policy that belongs to a single application (not reusable) cannot be used.",
    ],
    effect: ROUTE_CLOSED_OR_KEPT,
  },
  "CFA-POLICY-UNFIT": {
    title: "a policy with the action Block or Bypass",
    messages: () =>
      problemsOfCases(
        { labels: { "access.policies": "Nobody" } },
        { labels: { "access.policies": "Anyone" } },
      ),
    meaning:
      "The policy exists, but its action is Block or Bypass. `access.policies` is for policies that admit someone.",
    reason:
      "Bypass would open the page to everyone although no label says `public`. Block would keep out people whom other labels admit.",
    solution: [
      "Name a policy with the action Allow or Service Auth. For a page that is open to anyone, write `cfauth.access: public`.",
    ],
    effect: ROUTE_CLOSED_OR_KEPT,
  },
  "CFA-TOKEN-UNKNOWN": {
    title: "a service token that the account does not have",
    messages: () =>
      problemsOfCases(
        { labels: { "access.service-tokens": "backpu" } },
        { labels: { "access.service-tokens": "zebra" } },
      ),
    meaning: "`access.service-tokens` names a service token that the account does not have.",
    reason: "Without the token the intended machine could not enter, and no other machine may.",
    solution: [
      "Correct the name, or create the token under Zero Trust → Access → Service credentials. cfauth finds it at the next resync.",
    ],
    effect: ROUTE_CLOSED_OR_KEPT,
  },
} as const satisfies Readonly<Record<string, Entry>>;
