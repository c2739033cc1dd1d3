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
 * Removes a second login method of our slug once nothing names it. Two first starts at the same
 * moment may create one each. Every cfauth keeps the same one, so nothing names the others after a
 * while.
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
