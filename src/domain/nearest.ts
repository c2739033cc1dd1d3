/**
 * The known word that somebody who wrote `word` most likely meant; undefined when none is near enough to say.
 * Distance: insertions, deletions, replacements and swaps of neighbours, letter case aside; at most a third of the word.
 */
export function nearest(word: string, known: readonly string[]): string | undefined {
  const ranked = known.map((it) => ({ it, away: distance(word.toLowerCase(), it.toLowerCase()) })).toSorted((a, b) => a.away - b.away || (a.it < b.it ? -1 : 1));
  const [best] = ranked;
  return best !== undefined && best.away <= Math.max(1, Math.floor(Math.max(word.length, best.it.length) / 3)) ? best.it : undefined;
}

/** Optimal string alignment. */
function distance(a: string, b: string): number {
  const rows: number[][] = Array.from({ length: a.length + 1 }, (_, i) => Array.from({ length: b.length + 1 }, (_, j) => (i === 0 ? j : j === 0 ? i : 0)));
  const at = (i: number, j: number): number => rows[i]?.[j] ?? Infinity;
  for (let i = 1; i <= a.length; i++) {
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const row = rows[i] ?? [];
      row[j] = Math.min(at(i - 1, j) + 1, at(i, j - 1) + 1, at(i - 1, j - 1) + (same ? 0 : 1), swapped ? at(i - 2, j - 2) + 1 : Infinity);
    }
  }
  return at(a.length, b.length);
}
