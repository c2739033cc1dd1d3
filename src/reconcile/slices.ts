import { type AnyChange, definitionOf } from "../resources/registry.ts";
import type { Turns } from "../resources/turns.ts";

/**
 * How many changes are made before the pass checks for events. Each costs a call; eight calls run
 * at once.
 */
export const CHANGES_PER_SLICE = 16;

/**
 * How many rules wait while applications of other routes are still being created. All rules are one
 * document: each update of it takes two calls and changes its version.
 */
export const MAX_HELD_RULES = 100;

export interface Slice {
  /** Applied together. */
  readonly changes: readonly AnyChange[];
  /** Whether the pass checks for new events after it. */
  readonly checksEvents: boolean;
}

export interface Slices {
  /** To be applied one after the other. */
  readonly slices: readonly Slice[];
  /** Whether some of the changes are left for the next plan. */
  readonly partial: boolean;
}

/** One call makes many changes of these kinds. */
const isBatched = (change: AnyChange): boolean => definitionOf(change).batched;

/**
 * Cuts the changes of one plan into slices, so that a pass that opens many routes checks for events
 * in between. Few changes stay together.
 *
 * Of many changes, those that close or narrow are made alone, because what follows from them must
 * not wait for openings. Rules wait until no application is being created any more, or until there
 * are enough of them.
 */
export function slicesOf(
  changes: readonly AnyChange[],
  { atOnce, openings, later }: Turns,
): Slices {
  if (changes.length <= CHANGES_PER_SLICE)
    return { slices: [{ changes, checksEvents: false }], partial: false };
  const singles = openings.filter((change) => !isBatched(change));
  if (atOnce.length > 0) {
    const partial = atOnce.length < changes.length;
    const batched = atOnce.filter(isBatched);
    const single = atOnce.filter((change) => !isBatched(change));
    return {
      slices: [...oneSlice(batched, true), ...cut(single, (left) => partial || left > 0)],
      partial,
    };
  }
  const rules = openings.filter(({ kind }) => kind === "ingress");
  const records = openings.filter(({ kind }) => kind === "dns");
  const room = Math.max(0, MAX_HELD_RULES - rules.length);
  const ready = singles.length === 0 || room === 0 ? rules : [];
  const begun = singles.slice(0, room);
  const partial = ready.length < rules.length || begun.length < singles.length;
  const slices = [
    ...oneSlice([...ready, ...records], partial || begun.length > 0),
    ...cut(begun, (left) => partial || left > 0),
    // Checking for events while the last tiles are created would cost one more update of the tunnel
    // for each slice.
    ...cut(partial ? [] : later, (left) => left > MAX_HELD_RULES),
  ];
  return { slices, partial };
}

const oneSlice = (changes: readonly AnyChange[], checksEvents: boolean): readonly Slice[] =>
  changes.length === 0 ? [] : [{ changes, checksEvents }];

/**
 * @param checksEvents - whether to check for events after a slice, given how many changes are
 *   left
 */
const cut = (
  changes: readonly AnyChange[],
  checksEvents: (left: number) => boolean,
): readonly Slice[] =>
  Array.from({ length: Math.ceil(changes.length / CHANGES_PER_SLICE) }, (_, n) => {
    const end = (n + 1) * CHANGES_PER_SLICE;
    return {
      changes: changes.slice(n * CHANGES_PER_SLICE, end),
      checksEvents: checksEvents(changes.length - end),
    };
  });
