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

/** The time limit of one group, in milliseconds. */
const GROUP_TIMEOUT_MS = 10_000;

export interface ChecksUnderWay {
  /** Called for each group in order, as soon as it and all groups before it are done. */
  readonly onGroup: (group: CheckResults) => void;
  readonly patienceMs?: number;
}

/** Runs all groups, in parallel if they do not depend on each other. Changes nothing. */
export async function runChecks(
  context: DoctorContext,
  { onGroup, patienceMs = GROUP_TIMEOUT_MS }: ChecksUnderWay,
): Promise<Diagnosis> {
  const started = new Map<CheckGroupId, Promise<CheckResults>>();
  for (const examination of CHECK_GROUPS.filter(({ when }) => when?.(context) ?? true)) {
    const needed = examination.requires.flatMap((id) => started.get(id) ?? []);
    const group = Promise.all(needed).then((before) =>
      runGroup(examination, before, context, patienceMs),
    );
    // The error is handled below, when it is the turn of this group; until then nobody awaits it.
    group.catch(() => {});
    started.set(examination.id, group);
  }
  const groups: CheckResults[] = [];
  for (const group of started.values()) {
    groups.push(await group);
    onGroup(await group);
  }
  return { groups };
}

async function runGroup(
  { id, title, examine: look }: CheckGroup,
  before: readonly CheckResults[],
  context: DoctorContext,
  patienceMs: number,
): Promise<CheckResults> {
  const need = before
    .map((group) => group.blockedGroups?.[id] ?? (group.result === "skip" ? group : undefined))
    .find((it) => it !== undefined);
  if (need !== undefined)
    return groupResults(
      id,
      title,
      skippedFindings({ id, title }, { id: need.id, title: need.title }),
    );
  try {
    return groupResults(id, title, await withTimeout(look(context), patienceMs, { id, title }));
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    return groupResults(id, title, failedFindings(error, { id, title }));
  }
}

const groupResults = (id: CheckGroupId, title: string, findings: Findings): CheckResults => ({
  id,
  title,
  result: resultOf(findings.checks),
  ...findings,
});

const skippedFindings = ({ id, title }: Requirement, needs: Requirement): Findings => ({
  headline: `not checked: needs ${needs.title}`,
  checks: [{ id, title, result: "skip", needs }],
});

/** Nothing in the group could be checked, so every group that depends on it is blocked. */
function failedFindings(error: ServiceError, need: Requirement): Findings {
  return {
    headline: headlineOf(error.message),
    checks: [checkFrom(error, need)],
    blockedGroups: blockAllGroups(need),
  };
}

const blockAllGroups = (need: Requirement): Findings["blockedGroups"] =>
  Object.fromEntries(CHECK_GROUPS.map(({ id }) => [id, need]));

/** The text before the first colon or semicolon, as a headline; the whole text if there is none. */
export const headlineOf = (message: string): string =>
  /^(.+?)(: |; )/.exec(message)?.[1] ?? message;

async function withTimeout(
  look: Promise<Findings>,
  patienceMs: number,
  need: Requirement,
): Promise<Findings> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Findings>((over) => {
    timer = setTimeout(() => over(timeoutFindings(patienceMs, need)), patienceMs);
  });
  look.catch(() => {});
  return await Promise.race([look, late]).finally(() => clearTimeout(timer));
}

function timeoutFindings(patienceMs: number, need: Requirement): Findings {
  const detail = `no answer within ${patienceMs / 1_000} s`;
  const check: DoctorCheck = {
    ...need,
    result: "fail",
    detail,
    fixes: ["check that this machine can reach it, then run cfauth doctor again"],
  };
  return { headline: detail, checks: [check], blockedGroups: blockAllGroups(need) };
}
