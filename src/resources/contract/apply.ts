import { isNotFound } from "../../clients/not-found.ts";
import { ServiceError } from "../../core/errors.ts";
import type { Change } from "../../core/plan/resource.ts";
import type { ApplyResult } from "./driver.ts";

/** How an answer changes what is seen. */
export type StateUpdate<Seen> = (seen: Seen) => Seen;

interface Outcome<Seen, C> {
  readonly change: C;
  readonly update?: StateUpdate<Seen>;
  readonly error?: ServiceError;
}

/** Carries each change out by itself, as many at once as the client lets through, and folds the answers in the order of the changes. */
export async function applyEach<Seen, C extends Change>(
  changes: readonly C[],
  seen: Seen,
  carry: (change: C) => Promise<StateUpdate<Seen>>,
): Promise<ApplyResult<Seen, C>> {
  const outcomes = await Promise.all(changes.map((change) => outcomeOf(change, carry)));
  return {
    observed: outcomes.reduce(
      (sofar, { update }) => (update === undefined ? sofar : update(sofar)),
      seen,
    ),
    applied: outcomes.flatMap(({ change, error }) => (error === undefined ? [change] : [])),
    failures: outcomes.flatMap(({ change, error }) =>
      error === undefined ? [] : [{ change, error }],
    ),
    outcomeUnknown: outcomes.some(({ error }) => error?.outcomeUnknown === true),
  };
}

async function outcomeOf<Seen, C>(
  change: C,
  carry: (change: C) => Promise<StateUpdate<Seen>>,
): Promise<Outcome<Seen, C>> {
  try {
    return { change, update: await carry(change) };
  } catch (error) {
    if (error instanceof ServiceError) return { change, error };
    throw error;
  }
}

/** What is gone already is as good as deleted. @throws every other error */
export async function ignoreNotFound(call: Promise<unknown>): Promise<void> {
  await call.catch((error: unknown) => {
    if (!isNotFound(error)) throw error;
  });
}

/** One group after the other, each on what the one before has left. */
export async function applyInSequence<Seen, C extends Change>(
  groups: readonly (readonly C[])[],
  seen: Seen,
  apply: (group: readonly C[], seen: Seen) => Promise<ApplyResult<Seen, C>>,
): Promise<ApplyResult<Seen, C>> {
  let sofar: ApplyResult<Seen, C> = {
    observed: seen,
    applied: [],
    failures: [],
    outcomeUnknown: false,
  };
  for (const group of groups) {
    const next = await apply(group, sofar.observed);
    sofar = {
      observed: next.observed,
      applied: [...sofar.applied, ...next.applied],
      failures: [...sofar.failures, ...next.failures],
      outcomeUnknown: sofar.outcomeUnknown || next.outcomeUnknown,
    };
  }
  return sofar;
}

/** None of them was done, for one reason. */
export const failAll = <Seen, C extends Change>(
  changes: readonly C[],
  seen: Seen,
  error: ServiceError,
): ApplyResult<Seen, C> => ({
  observed: seen,
  applied: [],
  failures: changes.map((change) => ({ change, error })),
  outcomeUnknown: error.outcomeUnknown,
});
