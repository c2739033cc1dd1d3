/** The parts between commas, without spaces around them; empty ones are dropped. */
export const splitList = (text: string): readonly string[] =>
  text
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
