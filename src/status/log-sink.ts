import type { Problem, ProblemCode } from "../core/domain/problem.ts";
import { parseRouteKey, type Route } from "../core/domain/route.ts";
import { describeReplaced } from "../core/plan/resource.ts";
import { redactPersonalData } from "../core/text/redact.ts";
import type { Log } from "../log/log.ts";
import type { Diff } from "../resources/contract/diff.ts";
import { resourceLabel, summariseDiff } from "../resources/describe.ts";
import type { AnyChange } from "../resources/registry.ts";
import type { ChangeTarget } from "./change-target.ts";
import { OWN_HOST, type RouteStatus } from "./report.ts";
import type { StatusSink } from "./sink.ts";

/** One line for each change to the world, and for each thing that became otherwise by it. A quiet day has none. */
export function createLogSink(log: Log): StatusSink {
  /** The changes that failed when they were last tried, and with what. */
  const failing = new Map<string, ProblemCode>();
  const again = (key: string, code: ProblemCode): boolean => {
    const known = failing.get(key) === code;
    failing.set(key, code);
    return known;
  };
  return {
    changed: (change, place, error, differs) => {
      const fields = changeFields(change, place, differs);
      if (error !== undefined)
        return log[again(change.key, error.code) ? "debug" : "warn"](
          { ...fields, err: error },
          "change failed",
        );
      failing.delete(change.key);
      log.info(fields, "applied");
      const took = describeReplaced(change);
      if (took !== undefined) log.info({ ...fields, took: redactPersonalData(took) }, "took over");
    },
    transitions: (news) => {
      for (const problem of news.problems)
        log[problem.severity === "error" ? "error" : "warn"](
          told(problem),
          wordsFor(problem).comes,
        );
      for (const route of news.waiting)
        log.warn(
          { ...where(route), reason: route.reason && redactPersonalData(route.reason) },
          "route waiting",
        );
      for (const route of news.opened) log.info(where(route), "route opened");
      for (const { route, entrants, ...changes } of news.changed)
        log.info(
          {
            ...where(route),
            ...changes,
            ...(entrants !== undefined && { entrants: redactPersonalData(entrants) }),
          },
          "route changed",
        );
      for (const route of news.published) log.info(where(route), "route public");
      for (const route of news.loginRouteOpened)
        log.info({ ...where(route), why: OWN_HOST }, "open without login");
      for (const { route, ...parties } of news.changedHands)
        log.warn({ ...where(route), ...parties }, "route changed hands");
      for (const route of news.closing)
        log.info({ ...where(route), reason: route.reason }, "route closing");
      for (const route of news.kept) log.info(where(route), "route stays");
      for (const route of news.closed) log.info(where(route), "route closed");
      for (const { target, kinds } of news.corrected)
        log.info({ ...fieldsOf(target), kinds: kinds.join(",") }, "drift corrected");
      for (const problem of news.solved) log.info(gone(problem), wordsFor(problem).goes);
    },
    passed: ({ ms, applied, result }) => log.debug({ ms, applied, result }, "pass over"),
  };
}

/** What a line says of a change: which object, whose, and what of it becomes otherwise. */
export function changeFields(change: AnyChange, place: ChangeTarget, differs: Diff | undefined) {
  const what = differs === undefined ? "" : summariseDiff(change, differs);
  // Its parts have one name.
  const object = change.kind === "login" ? { object: resourceLabel(change) } : {};
  return {
    kind: change.kind,
    action: change.action,
    ...object,
    ...fieldsOf(place),
    ...(what !== "" && { what }),
    ...exposureOf(differs),
  };
}

/** What nobody has to do anything about has words of its own; whatever somebody must mend is a problem, with its code. */
const WORDS: Partial<Record<ProblemCode, { readonly comes: string; readonly goes: string }>> = {
  "CFA-CF-UNREACHABLE": { comes: "cloudflare unreachable", goes: "cloudflare reachable" },
  "CFA-CF-RATE-LIMIT": { comes: "rate limited", goes: "rate limit over" },
  "CFA-AK-UNREACHABLE": { comes: "authentik unreachable", goes: "authentik reachable" },
  "CFA-DOCKER-UNREACHABLE": { comes: "docker connection lost", goes: "connected to docker" },
};

const wordsFor = ({ code }: Problem) => WORDS[code] ?? { comes: "problem", goes: "problem solved" };

/** Whether more or fewer may enter from now on; that nothing of it changes is not said. */
const exposureOf = (differs: Diff | undefined) =>
  differs?.exposure === undefined || differs.exposure === "protected"
    ? {}
    : { exposure: differs.exposure };

const fieldsOf = (place: ChangeTarget) =>
  "name" in place ? place : named(place.route, place.container);

const where = ({ key, container }: RouteStatus) =>
  named(parseRouteKey(key) ?? { hostname: key, path: undefined }, container);

const named = (
  { hostname, path }: { readonly hostname: string; readonly path: Route["path"] },
  container: string | undefined,
) => ({
  hostname,
  ...(path !== undefined && { path }),
  container,
});

const told = ({ code, container, label, message, effect, fix }: Problem) => ({
  code,
  container,
  label,
  problem: redactPersonalData(message),
  effect,
  fix: redactPersonalData(fix),
});

const gone = ({ code, container, label, passing, message }: Problem) =>
  passing ? { code } : { code, container, label, problem: redactPersonalData(message) };
