import type { Workload } from "../../../src/core/domain/workload.ts";
import { ServiceError } from "../../../src/core/errors.ts";
import type { LabelContext } from "../../../src/core/labels/context.ts";
import { type ContextOptions, decoded, workload } from "../../../test/support/builders.ts";
import { KNOWN } from "../../../test/unit/core/labels/known.ts";
import type { ShownProblem } from "./entry.ts";

/** How a container differs from `wiki`, which is on the network `tunnel` and exposes port 80. */
export interface Case {
  /** Without the prefix. The hostname is wiki.example.com unless they set another. */
  readonly labels?: Workload["labels"];
  /** No default hostname. */
  readonly nameless?: true;
  readonly container?: Partial<Workload>;
  readonly beside?: Partial<Workload>;
  readonly settings?: ContextOptions;
}

/** The problems of a container with these labels. */
export function labelProblems({
  labels: asked = {},
  nameless,
  container,
  beside,
  settings,
}: Case): readonly ShownProblem[] {
  const all = nameless ? asked : { hostname: "wiki.example.com", ...asked };
  const own = Object.fromEntries(Object.entries(all).map(([key, text]) => [`cfauth.${key}`, text]));
  const others = beside === undefined ? [] : [workload({}, beside)];
  return decoded([workload(own, { name: "wiki", ...container }), ...others], {
    lookups: KNOWN,
    ...settings,
  }).problems;
}

/** Reads labels of other tools. */
const READING: Partial<LabelContext> = {
  ...({ reads: ["dockflare", "cloudflare.tunnel"] } as object),
};

/** The problems of a container with labels of DockFlare, if cfauth reads those. @param asked - without the prefix */
export function foreignLabelProblems(
  asked: Workload["labels"],
  settings: ContextOptions = {},
): readonly ShownProblem[] {
  const usual = { enable: "true", hostname: "wiki.example.com", service: "http://wiki:80" };
  const own = Object.fromEntries(
    Object.entries({ ...usual, ...asked }).map(([key, text]) => [`dockflare.${key}`, text]),
  );
  return decoded([workload(own, { name: "wiki" })], { lookups: KNOWN, ...READING, ...settings })
    .problems;
}

export const problemsOfCases = (...cases: readonly Case[]): readonly ShownProblem[] =>
  cases.flatMap(labelProblems);

/** The service error that `run` throws. */
export async function catchServiceError(run: () => unknown): Promise<ShownProblem> {
  try {
    await run();
  } catch (error) {
    if (error instanceof ServiceError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}
