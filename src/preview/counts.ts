import { many } from "../domain/grammar.ts";
import { foreignIn } from "../kinds/foreign.ts";
import type { Preview } from "../loop/preview.ts";

export interface Counts {
  readonly create: number;
  readonly update: number;
  readonly delete: number;
  readonly waiting: number;
  readonly problems: number;
  /** Objects of others that were seen and stay as they are. */
  readonly foreign: number;
}

export function counts({ steps, after, end }: Preview): Counts {
  const of = (action: "create" | "update" | "delete") => steps.filter(({ change }) => change.action === action).length;
  return {
    create: of("create"),
    update: of("update"),
    delete: of("delete"),
    waiting: end.waiting.length,
    problems: end.problems.length,
    foreign: foreignIn(after),
  };
}

/** `17 objects of others untouched` */
export const untouched = ({ foreign }: Counts): string => `${many(foreign, "object")} of others untouched`;
