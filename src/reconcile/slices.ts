import type { Turns } from "../resources/contract/turns.ts";
import type { AnyChange } from "../resources/registry.ts";

/** Changes that are made before anything new is looked at. Each costs a call; eight calls are under way at once. */
export const CHANGES_PER_SLICE = 16;

/**
 * Routes whose rules are gathered while applications of others are still being made. All rules are one document, whose every
 * update takes two calls and moves its version.
 */
export const MAX_HELD_RULES = 100;

export interface Slice {
  /** Made together. */
  readonly changes: readonly AnyChange[];
  /** Whether the pass looks up after it, if anything happened meanwhile. */
  readonly looksUp: boolean;
}

export interface Slices {
  /** To be made one after the other. */
  readonly slices: readonly Slice[];
  /** Whether some of the changes are left for the next plan. */
  readonly partial: boolean;
}

/** Changes of these kinds are made many at a time, by one call. */
const isBatched = ({ kind }: AnyChange): boolean => kind === "ingress" || kind === "dns";

/**
 * Cuts the changes of one plan into slices, so that a pass with much to open looks up between them. Few changes stay together.
 * Of many, what closes or narrows is made by itself, since what follows from it must not wait for openings; rules wait until no
 * application is being made any more, or there are enough of them.
 */
export function slicesOf(
  changes: readonly AnyChange[],
  { atOnce, openings, later }: Turns,
): Slices {
  if (changes.length <= CHANGES_PER_SLICE)
    return { slices: [{ changes, looksUp: false }], partial: false };
  const singles = openings.filter((change) => !isBatched(change));
  if (atOnce.length > 0) {
    const partial = atOnce.length < changes.length;
    const [batched, single] = [
      atOnce.filter(isBatched),
      atOnce.filter((change) => !isBatched(change)),
    ];
    return {
      slices: [...together(batched, true), ...chunks(single, (left) => partial || left > 0)],
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
    ...together([...ready, ...records], partial || begun.length > 0),
    ...chunks(begun, (left) => partial || left > 0),
    // What is heard of while the last tiles are made would cost one more update of the tunnel for each slice.
    ...chunks(partial ? [] : later, (left) => left > MAX_HELD_RULES),
  ];
  return { slices, partial };
}

const together = (changes: readonly AnyChange[], looksUp: boolean): readonly Slice[] =>
  changes.length === 0 ? [] : [{ changes, looksUp }];

/** @param looksUp - whether to look up where so many changes are left after a slice */
const chunks = (
  changes: readonly AnyChange[],
  looksUp: (left: number) => boolean,
): readonly Slice[] =>
  Array.from({ length: Math.ceil(changes.length / CHANGES_PER_SLICE) }, (_, n) => {
    const end = (n + 1) * CHANGES_PER_SLICE;
    return {
      changes: changes.slice(n * CHANGES_PER_SLICE, end),
      looksUp: looksUp(changes.length - end),
    };
  });
