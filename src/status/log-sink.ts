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

/** Logs one line for each change and for each state transition. A quiet day logs nothing. */
export function createLogSink(log: Log): StatusSink {
  /** The changes whose last attempt failed, with the problem code. */
  const failing = new Map<string, ProblemCode>();
  const isRepeated = (key: string, code: ProblemCode): boolean => {
    const known = failing.get(key) === code;
    failing.set(key, code);
    return known;
  };
  return {
    changed: (change, target, error, differs) => {
      const fields = changeFields(change, target, differs);
      if (error !== undefined)
        return log[isRepeated(change.key, error.code) ? "debug" : "warn"](
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
          problemFields(problem),
          messagesFor(problem).comes,
        );
      for (const route of news.waiting)
        log.warn(
          { ...routeFields(route), reason: route.reason && redactPersonalData(route.reason) },
          "route waiting",
        );
      for (const route of news.opened) log.info(routeFields(route), "route opened");
      for (const { route, entrants, ...changes } of news.changed)
        log.info(
          {
            ...routeFields(route),
            ...changes,
            ...(entrants !== undefined && { entrants: redactPersonalData(entrants) }),
          },
          "route changed",
        );
      for (const route of news.published) log.info(routeFields(route), "route public");
      for (const route of news.loginRouteOpened)
        log.info({ ...routeFields(route), why: OWN_HOST }, "open without login");
      for (const { route, ...parties } of news.changedHands)
        log.warn({ ...routeFields(route), ...parties }, "route changed hands");
      for (const route of news.closing)
        log.info({ ...routeFields(route), reason: route.reason }, "route closing");
      for (const route of news.kept) log.info(routeFields(route), "route stays");
      for (const route of news.closed) log.info(routeFields(route), "route closed");
      for (const { target, kinds } of news.corrected)
        log.info({ ...targetFields(target), kinds: kinds.join(",") }, "drift corrected");
      for (const problem of news.solved) log.info(solvedFields(problem), messagesFor(problem).goes);
    },
    passed: ({ ms, applied, result }) => log.debug({ ms, applied, result }, "pass over"),
  };
}

/** The log fields of a change: the object, its route and container, and the diff. */
export function changeFields(change: AnyChange, target: ChangeTarget, differs: Diff | undefined) {
  const what = differs === undefined ? "" : summariseDiff(change, differs);
  // The parts of the login share one kind, so the line names the object.
  const object = change.kind === "login" ? { object: resourceLabel(change) } : {};
  return {
    kind: change.kind,
    action: change.action,
    ...object,
    ...targetFields(target),
    ...(what !== "" && { what }),
    ...admissionFields(differs),
  };
}

/**
 * Problems that resolve themselves have their own messages; every other problem is logged as a
 * problem.
 */
const TRANSIENT_MESSAGES: Partial<
  Record<ProblemCode, { readonly comes: string; readonly goes: string }>
> = {
  "CFA-CF-UNREACHABLE": { comes: "cloudflare unreachable", goes: "cloudflare reachable" },
  "CFA-CF-RATE-LIMIT": { comes: "rate limited", goes: "rate limit over" },
  "CFA-AK-UNREACHABLE": { comes: "authentik unreachable", goes: "authentik reachable" },
  "CFA-DOCKER-UNREACHABLE": { comes: "docker connection lost", goes: "connected to docker" },
};

const messagesFor = ({ code }: Problem) =>
  TRANSIENT_MESSAGES[code] ?? { comes: "problem", goes: "problem solved" };

/** Logged only if the change admits more, fewer or other people. */
const admissionFields = (differs: Diff | undefined) =>
  differs?.exposure === undefined || differs.exposure === "protected"
    ? {}
    : { exposure: differs.exposure };

const targetFields = (target: ChangeTarget) =>
  "name" in target ? target : locationFields(target.route, target.container);

const routeFields = ({ key, container }: RouteStatus) =>
  locationFields(parseRouteKey(key) ?? { hostname: key, path: undefined }, container);

const locationFields = (
  { hostname, path }: { readonly hostname: string; readonly path: Route["path"] },
  container: string | undefined,
) => ({
  hostname,
  ...(path !== undefined && { path }),
  container,
});

const problemFields = ({ code, container, label, message, effect, fix }: Problem) => ({
  code,
  container,
  label,
  problem: redactPersonalData(message),
  effect,
  fix: redactPersonalData(fix),
});

const solvedFields = ({ code, container, label, passing, message }: Problem) =>
  passing ? { code } : { code, container, label, problem: redactPersonalData(message) };
