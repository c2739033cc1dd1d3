import { pluralise } from "../core/text/grammar.ts";
import type { DryRun } from "../reconcile/dry-run.ts";
import { countForeign } from "../resources/count-foreign.ts";

export interface Counts {
  readonly create: number;
  readonly update: number;
  readonly delete: number;
  readonly waiting: number;
  readonly problems: number;
  /** Foreign objects that were observed and stay unchanged. */
  readonly foreign: number;
}

export function counts({ steps, after, end }: DryRun): Counts {
  const of = (action: "create" | "update" | "delete") =>
    steps.filter(({ change }) => change.action === action).length;
  return {
    create: of("create"),
    update: of("update"),
    delete: of("delete"),
    waiting: end.pending.length,
    problems: end.problems.length,
    foreign: countForeign(after),
  };
}

/** `17 foreign objects unchanged` */
export const describeUntouched = ({ foreign }: Counts): string =>
  `${pluralise(foreign, "foreign object")} unchanged`;
