import { loginPrerequisite } from "../../../src/resources/login/propose.ts";
import { groups, method, seen } from "../../../test/support/observed-login.ts";
import { wishingGroups } from "../../../test/support/observed-state.ts";
import { type Entry, SHUT_OR_KEPT } from "./entry.ts";
import { all } from "./run.ts";

export const ofAudience = {
  "CFA-GROUP-UNKNOWN": {
    says: () =>
      all({ labels: { "access.groups": "familly" } }, { labels: { "access.groups": "zebra" } }),
    so: "A label or `CFAUTH_DEFAULT_GROUPS` names a group that Authentik does not have. Letter case counts.",
    why: "To leave the name out would change who may enter: with no name left it would be everyone who can log in.",
    mend: [
      "Correct the name, or create the group in Authentik under Directory → Groups. A renamed group is another group: change the label too. cfauth finds a new group at its next resync (`CFAUTH_RESYNC_INTERVAL`, 5 minutes).",
    ],
    effect: SHUT_OR_KEPT,
  },
  "CFA-GROUP-DIRECT": {
    says: () =>
      loginPrerequisite.propose(
        {
          login: seen({
            groups: groups({ canWriteMapping: false }),
            method: method({ claims: ["groups"] }),
          }),
        },
        wishingGroups("family"),
      ).problems,
    so: "The account of cfauth in Authentik may not write scope mappings. Logins then bring only the groups that a person is in directly.",
    goesOn: true,
    why: "with those who can be told. Nobody is let in who may not; some who may are not.",
    mend: [
      "Give the role of the token's user the two permissions ([how](authentik.md#an-account-with-few-permissions)), or pass over the warning if you have no groups inside groups. A mapping is Python that Authentik runs: that is the price.",
    ],
    effect: "Routes open. Members of a group inside the group stand before a shut door.",
  },
  "CFA-POLICY-UNKNOWN": {
    says: () =>
      all(
        { labels: { "access.policies": "Freinds" } },
        { labels: { "access.policies": "Zebra" } },
        { labels: { "access.policies": "Twins" } },
      ),
    so: "`access.policies` names a reusable Access policy that is not in the account, or several that have one name.",
    why: "Who may enter would be something else than what the label says.",
    mend: [
      "Correct the name, or create the policy under Zero Trust → Access → Policies. Where two have one name write the id, which stands in the address of the policy's page. Policies that belong to one application alone (not reusable) cannot be named.",
    ],
    effect: SHUT_OR_KEPT,
  },
  "CFA-POLICY-UNFIT": {
    says: () =>
      all({ labels: { "access.policies": "Nobody" } }, { labels: { "access.policies": "Anyone" } }),
    so: "The policy is there, but its action is Block or Bypass. `access.policies` is for policies that let in somebody.",
    why: "Bypass would open the page to everyone without the word public in any label, and Block would keep out people that other labels let in.",
    mend: [
      "Name a policy with the action Allow or Service Auth. For a page that is open to anyone write `cfauth.access: public`.",
    ],
    effect: SHUT_OR_KEPT,
  },
  "CFA-TOKEN-UNKNOWN": {
    says: () =>
      all(
        { labels: { "access.service-tokens": "backpu" } },
        { labels: { "access.service-tokens": "zebra" } },
      ),
    so: "`access.service-tokens` names a service token that the account does not have.",
    why: "The machine that is meant could not enter, and another one must not.",
    mend: [
      "Correct the name, or create the token under Zero Trust → Access → Service credentials. It is found at the next resync.",
    ],
    effect: SHUT_OR_KEPT,
  },
} as const satisfies Readonly<Record<string, Entry>>;
