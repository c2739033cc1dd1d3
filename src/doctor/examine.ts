import { WorldError } from "../errors.ts";
import { type Check, checkFrom, type Diagnosis, type Findings, type Group, type GroupId, type Need, resultOf } from "./findings.ts";
import { EXAMINATIONS, type Examination } from "./groups.ts";
import type { Scene } from "./scene.ts";

/** How long one group may take, in milliseconds. */
const PATIENCE_MS = 10_000;

export interface Examining {
  /** Told of each group in order, as soon as it and all before it are known. */
  readonly onGroup: (group: Group) => void;
  readonly patienceMs?: number;
}

/** Looks at every group, beside each other where they do not need one another. Changes nothing. */
export async function examine(scene: Scene, { onGroup, patienceMs = PATIENCE_MS }: Examining): Promise<Diagnosis> {
  const begun = new Map<GroupId, Promise<Group>>();
  for (const examination of EXAMINATIONS.filter(({ when }) => when?.(scene) ?? true)) {
    const needed = examination.needs.flatMap((id) => begun.get(id) ?? []);
    const group = Promise.all(needed).then((before) => lookAt(examination, before, scene, patienceMs));
    // Told when it is its turn, below: until then nobody listens.
    group.catch(() => {});
    begun.set(examination.id, group);
  }
  const groups: Group[] = [];
  for (const group of begun.values()) {
    groups.push(await group);
    onGroup(await group);
  }
  return { groups };
}

async function lookAt(
  { id, title, examine: look }: Examination,
  before: readonly Group[],
  scene: Scene,
  patienceMs: number,
): Promise<Group> {
  const need = before.map((group) => group.lacks?.[id] ?? (group.result === "skip" ? group : undefined)).find((it) => it !== undefined);
  if (need !== undefined) return grouped(id, title, skipped({ id, title }, { id: need.id, title: need.title }));
  try {
    return grouped(id, title, await inTime(look(scene), patienceMs, { id, title }));
  } catch (error) {
    if (!(error instanceof WorldError)) throw error;
    return grouped(id, title, unseen(error, { id, title }));
  }
}

const grouped = (id: GroupId, title: string, findings: Findings): Group => ({ id, title, result: resultOf(findings.checks), ...findings });

const skipped = ({ id, title }: Need, needs: Need): Findings => ({
  fact: `not checked: needs ${needs.title}`,
  checks: [{ id, title, result: "skip", needs }],
});

/** Nothing of it could be found out: what needs it cannot be looked at either. */
function unseen(error: WorldError, need: Need): Findings {
  return { fact: headOf(error.message), checks: [checkFrom(error, need)], lacks: everything(need) };
}

const everything = (need: Need): Findings["lacks"] => Object.fromEntries(EXAMINATIONS.map(({ id }) => [id, need]));

/** What comes before the first colon, as a headline; the whole text where there is none. */
export const headOf = (message: string): string => /^(.+?)(: |; )/.exec(message)?.[1] ?? message;

async function inTime(look: Promise<Findings>, patienceMs: number, need: Need): Promise<Findings> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Findings>((over) => {
    timer = setTimeout(() => over(tooLate(patienceMs, need)), patienceMs);
  });
  look.catch(() => {});
  return await Promise.race([look, late]).finally(() => clearTimeout(timer));
}

function tooLate(patienceMs: number, need: Need): Findings {
  const detail = `no answer within ${patienceMs / 1_000} s`;
  const check: Check = { ...need, result: "fail", detail, fixes: ["see whether this machine reaches it, then run cfauth doctor again"] };
  return { fact: detail, checks: [check], lacks: everything(need) };
}
