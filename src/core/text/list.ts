/** The parts between commas, without surrounding spaces. Drops empty parts. */
export const splitList = (text: string): readonly string[] =>
  text
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
