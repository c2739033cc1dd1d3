import type { Problem } from "../domain/problem.ts";
import { parseRouteKey, type Route } from "../domain/route.ts";
import type { Difference } from "../kinds/fields.ts";
import { phrase } from "../kinds/phrase.ts";
import type { Log } from "../log.ts";
import { taken } from "../plan/rung.ts";
import { type KnownRoute, OWN_HOST } from "./report.ts";
import type { Place, Teller } from "./teller.ts";

/** One line for each change to the world, and for each thing that became otherwise by it. A quiet day has none. */
export const logTeller = (log: Log): Teller => ({
  changed: (change, place, error, differs) => {
    const what = differs === undefined ? "" : phrase(change, differs);
    const fields = { kind: change.kind, action: change.action, ...fieldsOf(place), ...(what !== "" && { what }), ...exposureOf(differs) };
    if (error !== undefined) return log.warn({ ...fields, err: error }, "change failed");
    log.info(fields, "applied");
    const took = taken(change);
    if (took !== undefined) log.info({ ...fields, took }, "took over");
  },
  news: ({ problems, waiting, opened, unguarded, closing, closed, solved }) => {
    for (const problem of problems) log[problem.severity === "error" ? "error" : "warn"](told(problem), "problem");
    for (const route of waiting) log.warn({ ...where(route), reason: route.reason }, "route waiting");
    for (const route of opened) log.info(where(route), "route opened");
    for (const route of unguarded) log.info({ ...where(route), why: OWN_HOST }, "open without login");
    for (const route of closing) log.info(where(route), "route closing");
    for (const route of closed) log.info(where(route), "route closed");
    for (const problem of solved) log.info(told(problem), "problem solved");
  },
  passed: ({ ms, applied, result }) => log.debug({ ms, applied, result }, "pass over"),
});

/** Whether more or fewer may enter from now on; that nothing of it changes is not said. */
const exposureOf = (differs: Difference | undefined) =>
  differs?.exposure === undefined || differs.exposure === "protected" ? {} : { exposure: differs.exposure };

const fieldsOf = (place: Place) => ("name" in place ? place : named(place.route, place.container));

const where = ({ key, container }: KnownRoute) => named(parseRouteKey(key) ?? { hostname: key, path: undefined }, container);

const named = ({ hostname, path }: { readonly hostname: string; readonly path: Route["path"] }, container: string | undefined) => ({
  hostname,
  ...(path !== undefined && { path }),
  container,
});

const told = ({ code, container, label, message, effect, fix }: Problem) => ({ code, container, label, problem: message, effect, fix });
