/** `a, b or c` */
export const joinWithOr = (words: readonly string[]): string =>
  words.length < 2 ? (words[0] ?? "") : `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`;

/** `1 step`, `2 steps` */
export const pluralise = (count: number, one: string, several = `${one}s`): string =>
  `${count} ${count === 1 ? one : several}`;
