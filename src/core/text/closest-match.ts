/**
 * The known word that was probably meant; undefined if none is close enough to suggest.
 *
 * A word is close if at most every third character is wrong. Leading parts that both words share
 * (`access.`, `CFAUTH_`) do not count, because they would make any two words similar. Otherwise a
 * word matches if it is the last part of exactly one known word: `groups` for `access.groups`.
 * Letter case does not matter. Among equals the first in the list wins.
 */
export function closestMatch(word: string, known: readonly string[]): string | undefined {
  const near = known
    .filter((candidate) => isComparable(word.length, candidate.length))
    .map((candidate) => ({ candidate, ...difference(word.toLowerCase(), candidate.toLowerCase()) }))
    .filter(({ distance, length }) => distance <= Math.floor(length / 3))
    .toSorted((a, b) => a.distance - b.distance);
  return near[0]?.candidate ?? endingIn(word, known);
}

/**
 * Longer words are names that people copy, not keys that they mistype, so comparing them is waste.
 */
const MAX_COMPARED_CHARACTERS = 100;

/** Each extra character counts as wrong, so most pairs of words need no comparison. */
const isComparable = (a: number, b: number): boolean =>
  Math.max(a, b) <= MAX_COMPARED_CHARACTERS && Math.abs(a - b) <= Math.floor(Math.max(a, b) / 3);

function endingIn(word: string, known: readonly string[]): string | undefined {
  const [only, ...more] = known.filter(
    (candidate) => parts(candidate.toLowerCase()).slice(1).join("") === word.toLowerCase(),
  );
  return more.length === 0 ? only : undefined;
}

/** `access.service-tokens` → `access.`, `service-tokens`. */
const parts = (word: string): readonly string[] => word.match(/[^._]*[._]|[^._]+$/g) ?? [];

function difference(a: string, b: string): { readonly distance: number; readonly length: number } {
  const [left, right] = [parts(a), parts(b)];
  const shared = Math.min(
    left.findIndex((part, i) => part !== right[i]) >>> 0,
    left.length - 1,
    right.length - 1,
  );
  const [x, y] = [left.slice(shared).join(""), right.slice(shared).join("")];
  return { distance: editDistance(x, y), length: Math.max(x.length, y.length) };
}

/**
 * Optimal string alignment distance: an insertion, a deletion, a replacement and a swap of two
 * neighbours each count as one.
 */
export function editDistance(a: string, b: string): number {
  const rows = [Array.from({ length: b.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = at(rows, i - 1, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const swapped =
        a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
          ? at(rows, i - 2, j - 2) + 1
          : Number.POSITIVE_INFINITY;
      row.push(Math.min(at(rows, i - 1, j) + 1, (row[j - 1] ?? 0) + 1, replaced, swapped));
    }
    rows.push(row);
  }
  return at(rows, a.length, b.length);
}

const at = (rows: readonly (readonly number[])[], i: number, j: number): number =>
  rows[i]?.[j] ?? Number.POSITIVE_INFINITY;
