import { claim } from "../mine.ts";
import type { PolicyChange, PolicySeen } from "./seen.ts";

/** As it will be seen. @param known - in place of an id that nobody knows yet */
export function policyAfter(seen: PolicySeen, change: PolicyChange, known: string): PolicySeen {
  const id = change.action === "create" ? known : change.at.id;
  const others = seen.mine.filter((policy) => policy.id !== id);
  return { ...seen, mine: change.action === "delete" ? others : [...others, claim({ ...change.wish, id })] };
}
