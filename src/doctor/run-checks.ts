import { ServiceError } from "../core/errors.ts";
import { CHECK_GROUPS, type CheckGroup } from "./check-groups.ts";
import type { DoctorContext } from "./context.ts";
import {
  type CheckGroupId,
  type CheckResults,
  checkFrom,
  type Diagnosis,
  type DoctorCheck,
  type Findings,
  type Requirement,
  resultOf,
} from "./findings.ts";

/** How long one group may take, in milliseconds. */
const PATIENCE_MS = 10_000;

export interface ChecksUnderWay {
  /** Told of each group in order, as soon as it and all before it are known. */
  readonly onGroup: (group: CheckResults) => void;
  readonly patienceMs?: number;
}

/** Looks at every group, beside each other where they do not need one another. Changes nothing. */
export async function runChecks(
  context: DoctorContext,
  { onGroup, patienceMs = PATIENCE_MS }: ChecksUnderWay,
): Promise<Diagnosis> {
  const begun = new Map<CheckGroupId, Promise<CheckResults>>();
  for (const examination of CHECK_GROUPS.filter(({ when }) => when?.(context) ?? true)) {
    const needed = examination.requires.flatMap((id) => begun.get(id) ?? []);
    const group = Promise.all(needed).then((before) =>
      lookAt(examination, before, context, patienceMs),
    );
    // Told when it is its turn, below: until then nobody listens.
    group.catch(() => {});
    begun.set(examination.id, group);
  }
  const groups: CheckResults[] = [];
  for (const group of begun.values()) {
    groups.push(await group);
    onGroup(await group);
  }
  return { groups };
}

async function lookAt(
  { id, title, examine: look }: CheckGroup,
  before: readonly CheckResults[],
  context: DoctorContext,
  patienceMs: number,
): Promise<CheckResults> {
  const need = before
    .map((group) => group.blockedGroups?.[id] ?? (group.result === "skip" ? group : undefined))
    .find((it) => it !== undefined);
  if (need !== undefined)
    return grouped(id, title, skipped({ id, title }, { id: need.id, title: need.title }));
  try {
    return grouped(id, title, await inTime(look(context), patienceMs, { id, title }));
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    return grouped(id, title, unseen(error, { id, title }));
  }
}

const grouped = (id: CheckGroupId, title: string, findings: Findings): CheckResults => ({
  id,
  title,
  result: resultOf(findings.checks),
  ...findings,
});

const skipped = ({ id, title }: Requirement, needs: Requirement): Findings => ({
  headline: `not checked: needs ${needs.title}`,
  checks: [{ id, title, result: "skip", needs }],
});

/** Nothing of it could be found out: what needs it cannot be looked at either. */
function unseen(error: ServiceError, need: Requirement): Findings {
  return {
    headline: headlineOf(error.message),
    checks: [checkFrom(error, need)],
    blockedGroups: everything(need),
  };
}

const everything = (need: Requirement): Findings["blockedGroups"] =>
  Object.fromEntries(CHECK_GROUPS.map(({ id }) => [id, need]));

/** What comes before the first colon, as a headline; the whole text where there is none. */
export const headlineOf = (message: string): string =>
  /^(.+?)(: |; )/.exec(message)?.[1] ?? message;

async function inTime(
  look: Promise<Findings>,
  patienceMs: number,
  need: Requirement,
): Promise<Findings> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Findings>((over) => {
    timer = setTimeout(() => over(tooLate(patienceMs, need)), patienceMs);
  });
  look.catch(() => {});
  return await Promise.race([look, late]).finally(() => clearTimeout(timer));
}

function tooLate(patienceMs: number, need: Requirement): Findings {
  const detail = `no answer within ${patienceMs / 1_000} s`;
  const check: DoctorCheck = {
    ...need,
    result: "fail",
    detail,
    fixes: ["see whether this machine reaches it, then run cfauth doctor again"],
  };
  return { headline: detail, checks: [check], blockedGroups: everything(need) };
}
