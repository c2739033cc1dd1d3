/**
 * Of the known words, the one that was probably meant; undefined when none is near enough to be worth saying.
 *
 * Near is: at most every third character wrong, counted without the leading parts that both have in common (`access.`,
 * `CFAUTH_`), which would make any two words alike; or else the last part of just one known word: `groups` for
 * `access.groups`. Letter case does not count. Among equals the first of the list wins.
 */
export function closestMatch(word: string, known: readonly string[]): string | undefined {
  const near = known
    .filter((candidate) => isComparable(word.length, candidate.length))
    .map((candidate) => ({ candidate, ...difference(word.toLowerCase(), candidate.toLowerCase()) }))
    .filter(({ distance, length }) => distance <= Math.floor(length / 3))
    .toSorted((a, b) => a.distance - b.distance);
  return near[0]?.candidate ?? endingIn(word, known);
}

/** Longer words are names that people copy, not keys that they mistype: comparing them takes time and helps no one. */
const MAX_COMPARED_CHARACTERS = 100;

/** Each character that one word has more than the other counts as wrong, so that most words need not be compared. */
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

/** Optimal string alignment: insertions, deletions, replacements, and neighbours that changed places, each counted once. */
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
