import type { RouteKey } from "../../domain/route.ts";
import type { Withheld } from "./seen.ts";

/**
 * The search for the rule that cloudflared refuses a whole document for. All that was opened since the last document that it runs
 * is taken back, and comes back in halves; a half that is refused too is halved again, until one route is left.
 */
export interface Trial {
  /** Not to be opened as their labels are now. */
  readonly withheld: ReadonlyMap<RouteKey, Withheld>;
  /** Groups with a culprit in them, or taken back along with one, which are still to be tried. */
  readonly groups: readonly (readonly RouteKey[])[];
}

/** The document was refused: these are taken back. @returns the same trial where there is nothing to take back */
export function judged(trial: Trial, suspects: ReadonlyMap<RouteKey, string>): Trial {
  const fresh = [...suspects].filter(([key, print]) => trial.withheld.get(key)?.print !== print);
  if (fresh.length === 0) return trial;
  const refused = fresh.length === 1;
  const withheld = new Map([...trial.withheld, ...fresh.map(([key, print]) => [key, { print, refused }] as const)]);
  return { withheld, groups: refused ? trial.groups : [...halves(fresh.map(([key]) => key)), ...trial.groups] };
}

/** cloudflared runs the newest document: the next group may be opened once more. */
export function nextTried({ withheld, groups: [next, ...groups] }: Trial): Trial {
  return { withheld: new Map([...withheld].filter(([key]) => next?.includes(key) !== true)), groups };
}

function halves(keys: readonly RouteKey[]): readonly (readonly RouteKey[])[] {
  const half = Math.ceil(keys.length / 2);
  return [keys.slice(0, half), keys.slice(half)];
}
