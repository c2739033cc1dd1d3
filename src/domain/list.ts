/** The parts between commas, without spaces around them; empty ones are dropped. */
export const list = (text: string): readonly string[] =>
  text
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
