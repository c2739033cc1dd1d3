import { inspect } from "node:util";

/** A text that does not show itself: printed, inspected or turned into JSON it is `[secret]`. */
export interface Secret {
  /** The text itself, for the one place that sends it. */
  reveal(): string;
  toString(): string;
  toJSON(): string;
}

export const HIDDEN = "[secret]";

/** The text lives in a closure: an object with a field for it would show it to whoever walks its keys. */
export function secret(text: string): Secret {
  const hidden = () => HIDDEN;
  return Object.freeze({
    reveal: () => text,
    toString: hidden,
    toJSON: hidden,
    [inspect.custom]: hidden,
  });
}
