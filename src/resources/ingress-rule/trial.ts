import type { RouteKey } from "../../core/domain/route.ts";
import type { WithheldRule } from "./types.ts";

/**
 * The search for the rule because of which cloudflared refuses a whole document. Everything opened
 * since the last document that cloudflared runs is rolled back and then tried again in halves. A
 * half that is refused is halved again, until one route is left.
 */
export interface Trial {
  /** Routes that must not open with their current labels. */
  readonly withheld: ReadonlyMap<RouteKey, WithheldRule>;
  /** Groups of routes that were rolled back and are still to be tried, the next one first. */
  readonly groups: readonly (readonly RouteKey[])[];
  /** Whether the rollback did not help: then the fault is in a foreign part of the document. */
  readonly futile: boolean;
}

export const NO_TRIAL: Trial = { withheld: new Map(), groups: [], futile: false };

/**
 * The document was refused: rolls back the suspects. If all of them were rolled back already, the
 * fault is elsewhere, and they are restored.
 *
 * @returns the same trial if there is nothing to do
 */
export function judgeTrial(trial: Trial, suspects: ReadonlyMap<RouteKey, string>): Trial {
  if (trial.futile) return trial;
  const newSuspects = [...suspects].filter(
    ([key, print]) => trial.withheld.get(key)?.print !== print,
  );
  if (newSuspects.length === 0)
    return trial.withheld.size === 0 ? trial : { ...NO_TRIAL, futile: true };
  const refused = newSuspects.length === 1;
  const withheld = new Map([
    ...trial.withheld,
    ...newSuspects.map(([key, print]) => [key, { print, refused }] as const),
  ]);
  return {
    ...trial,
    withheld,
    groups: refused
      ? trial.groups
      : [...splitInHalves(newSuspects.map(([key]) => key)), ...trial.groups],
  };
}

/** cloudflared runs the newest document: the next group may open again. */
export function retryNextGroup({ withheld, groups: [next, ...groups], futile }: Trial): Trial {
  return {
    withheld: new Map([...withheld].filter(([key]) => next?.includes(key) !== true)),
    groups,
    futile,
  };
}

function splitInHalves(keys: readonly RouteKey[]): readonly (readonly RouteKey[])[] {
  const half = Math.ceil(keys.length / 2);
  return [keys.slice(0, half), keys.slice(half)];
}
