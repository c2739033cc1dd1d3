import { inspect } from "node:util";

/** A string that never prints itself: printed, inspected or turned into JSON, it is `[secret]`. */
export interface Secret {
  /** The text itself, only for the code that sends it. */
  reveal(): string;
  toString(): string;
  toJSON(): string;
}

export const HIDDEN = "[secret]";

/** The text lives in a closure: code that walks an object's keys would find it in a field. */
export function secret(text: string): Secret {
  const hidden = () => HIDDEN;
  return Object.freeze({
    reveal: () => text,
    toString: hidden,
    toJSON: hidden,
    [inspect.custom]: hidden,
  });
}
