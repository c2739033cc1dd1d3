import type { RouteKey } from "../../core/domain/route.ts";
import type { WithheldRule } from "./types.ts";

/**
 * The search for the rule that cloudflared refuses a whole document for. All that was opened since the last document that it runs
 * is taken back, and comes back in halves; a half that is refused too is halved again, until one route is left.
 */
export interface Trial {
  /** Not to be opened as their labels are now. */
  readonly withheld: ReadonlyMap<RouteKey, WithheldRule>;
  /** Groups of routes that were taken back and are still to be tried, the next one first. */
  readonly groups: readonly (readonly RouteKey[])[];
  /** Whether taking rules of ours back did not help: then the fault is in a foreign part of the document. */
  readonly futile: boolean;
}

export const NO_TRIAL: Trial = { withheld: new Map(), groups: [], futile: false };

/**
 * The document was refused: these are taken back. Where all of them were already, the fault is elsewhere, and they come back.
 *
 * @returns the same trial where nothing is to be done
 */
export function judgeTrial(trial: Trial, suspects: ReadonlyMap<RouteKey, string>): Trial {
  if (trial.futile) return trial;
  const fresh = [...suspects].filter(([key, print]) => trial.withheld.get(key)?.print !== print);
  if (fresh.length === 0) return trial.withheld.size === 0 ? trial : { ...NO_TRIAL, futile: true };
  const refused = fresh.length === 1;
  const withheld = new Map([
    ...trial.withheld,
    ...fresh.map(([key, print]) => [key, { print, refused }] as const),
  ]);
  return {
    ...trial,
    withheld,
    groups: refused ? trial.groups : [...halves(fresh.map(([key]) => key)), ...trial.groups],
  };
}

/** cloudflared runs the newest document: the next group may be opened once more. */
export function nextTried({ withheld, groups: [next, ...groups], futile }: Trial): Trial {
  return {
    withheld: new Map([...withheld].filter(([key]) => next?.includes(key) !== true)),
    groups,
    futile,
  };
}

function halves(keys: readonly RouteKey[]): readonly (readonly RouteKey[])[] {
  const half = Math.ceil(keys.length / 2);
  return [keys.slice(0, half), keys.slice(half)];
}
