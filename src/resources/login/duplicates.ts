import type { GarbageCollector } from "../../core/plan/resource.ts";
import type { ObservedAccessApplications } from "../access-application/types.ts";
import type { ObservedAccessPolicies } from "../access-policy/types.ts";
import type { LoginChange, ObservedLogin } from "./types.ts";

interface Needs {
  readonly login: ObservedLogin;
  readonly access: Pick<ObservedAccessApplications, "mine" | "duplicates" | "theirs">;
  readonly policy: Pick<ObservedAccessPolicies, "mine" | "methodsNamed">;
}

/**
 * A second login method of our slug goes once nothing names it: two first starts at the same moment may make one each. Of several
 * every cfauth keeps the same one, so the others stop naming theirs by themselves.
 */
export const collectUnusedMethods: GarbageCollector<Needs, LoginChange> = ({
  login,
  access,
  policy,
}) => {
  if (login.duplicates === undefined || login.method === undefined) return [];
  const named = JSON.stringify([
    [...access.mine.values()],
    access.duplicates,
    access.theirs,
    policy.mine,
    policy.methodsNamed ?? [],
  ]);
  const unused = login.duplicates.find(({ id }) => !named.includes(id));
  if (unused === undefined) return [];
  return [
    {
      kind: "login",
      action: "delete",
      key: "login-method-gone",
      subject: unused.name,
      existing: unused,
    },
  ];
};
