import type { Workload } from "../../../src/core/domain/workload.ts";
import { ServiceError } from "../../../src/core/errors.ts";
import type { LabelContext } from "../../../src/core/labels/context.ts";
import { type ContextOptions, decoded, workload } from "../../../test/support/builders.ts";
import { KNOWN } from "../../../test/unit/core/labels/known.ts";
import type { Said } from "./entry.ts";

/** How a container differs from `wiki`, which is on the network `tunnel` and exposes port 80. */
export interface Case {
  /** Without the prefix. The hostname is wiki.example.com unless they say another. */
  readonly labels?: Workload["labels"];
  /** Without the hostname that it has unless told. */
  readonly nameless?: true;
  readonly container?: Partial<Workload>;
  readonly beside?: Partial<Workload>;
  readonly settings?: ContextOptions;
}

/** What cfauth says of a container with such labels. */
export function labels({
  labels: asked = {},
  nameless,
  container,
  beside,
  settings,
}: Case): readonly Said[] {
  const all = nameless ? asked : { hostname: "wiki.example.com", ...asked };
  const own = Object.fromEntries(Object.entries(all).map(([key, text]) => [`cfauth.${key}`, text]));
  const others = beside === undefined ? [] : [workload({}, beside)];
  return decoded([workload(own, { name: "wiki", ...container }), ...others], {
    lookups: KNOWN,
    ...settings,
  }).problems;
}

/** Where labels of other tools are read; a version that reads none passes over it. */
const READING: Partial<LabelContext> = {
  ...({ reads: ["dockflare", "cloudflare.tunnel"] } as object),
};

/** What cfauth says of a container with labels of DockFlare, where these are read: their prefix left off. */
export function theirs(asked: Workload["labels"], settings: ContextOptions = {}): readonly Said[] {
  const usual = { enable: "true", hostname: "wiki.example.com", service: "http://wiki:80" };
  const own = Object.fromEntries(
    Object.entries({ ...usual, ...asked }).map(([key, text]) => [`dockflare.${key}`, text]),
  );
  return decoded([workload(own, { name: "wiki" })], { lookups: KNOWN, ...READING, ...settings })
    .problems;
}

export const all = (...cases: readonly Case[]): readonly Said[] => cases.flatMap(labels);

/** What is thrown, which must be a fault of the world. */
export async function thrown(run: () => unknown): Promise<Said> {
  try {
    await run();
  } catch (error) {
    if (error instanceof ServiceError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}
