import type { Problem } from "../domain/problem.ts";
import { closestMatch, editDistance } from "../text/closest-match.ts";
import { LABEL_KEYS, RESERVED } from "./catalogue.ts";
import { MAX_PROBLEMS_PER_CONTAINER } from "./limits.ts";

/** One label of ours as it stands on the container. */
export interface Label {
  /** In full, with prefix and route: `cfauth.web.port`. */
  readonly name: string;
  /** Without quotes and spaces around it. */
  readonly text: string;
}

/** The labels of one route by key, without prefix and route. */
export type Labels = ReadonlyMap<string, Label>;

/** The labels of one container sorted by route; the unnamed route is "". Keys are without prefix and route. */
export interface LabelGroups {
  readonly routes: ReadonlyMap<string, Labels>;
  readonly problems: readonly Problem[];
}

/** Sorts a container's labels of our prefix by the route that they speak of; what is unknown becomes a problem. */
export function groupByRoute(
  container: string,
  labels: Readonly<Record<string, string>>,
  prefix: string,
): LabelGroups {
  const routes = new Map<string, Map<string, Label>>();
  const problems: Problem[] = [];
  for (const name of Object.keys(labels).toSorted()) {
    const rest = after(name, prefix);
    if (rest === undefined) continue;
    const place = locate(rest);
    const label = { name, text: stripQuotes(labels[name] ?? "") };
    if (place === undefined)
      problems.push(
        unknown(container, name, rest, prefix, problems.length < MAX_PROBLEMS_PER_CONTAINER),
      );
    else routes.set(place.route, (routes.get(place.route) ?? new Map()).set(place.key, label));
  }
  return { routes, problems };
}

function after(name: string, prefix: string): string | undefined {
  const head = `${prefix}.`;
  return name.toLowerCase().startsWith(head.toLowerCase()) ? name.slice(head.length) : undefined;
}

/** @returns the route and the key; undefined for what is neither a key nor a route's key */
function locate(rest: string): { readonly route: string; readonly key: string } | undefined {
  if (LABEL_KEYS.includes(rest)) return { route: "", key: rest };
  const [route = "", ...tail] = rest.split(".");
  const key = tail.join(".");
  if (!/^[A-Za-z0-9_-]+$/.test(route) || RESERVED.has(route) || !LABEL_KEYS.includes(key))
    return undefined;
  return { route, key };
}

/** Quotes and spaces round a value are stripped: `"true"` in a Compose list keeps its quotes. */
export const stripQuotes = (text: string): string =>
  text
    .trim()
    .replace(/^(["'])(.*)\1$/s, "$2")
    .trim();

/** @param suggests - whether the problem may come to be shown, so that a suggestion is worth looking for */
function unknown(
  container: string,
  name: string,
  rest: string,
  prefix: string,
  suggests: boolean,
): Problem {
  const near = suggests ? suggestion(rest) : undefined;
  return {
    ...problem(container, name),
    code: "CFA-LABEL-UNKNOWN",
    message: `${name} is not a label of cfauth; nothing is opened, since it might have asked for protection`,
    fix:
      near === undefined
        ? "remove it, or look up its name in the label table"
        : `write ${prefix}.${near}`,
  };
}

function suggestion(rest: string): string | undefined {
  const [route = "", ...tail] = rest.split(".");
  const whole = closestMatch(rest, LABEL_KEYS);
  if (tail.length === 0 || RESERVED.has(route)) return whole;
  const key = closestMatch(tail.join("."), LABEL_KEYS);
  const named = key === undefined ? undefined : `${route}.${key}`;
  return whole === undefined || (named !== undefined && away(rest, named) < away(rest, whole))
    ? named
    : whole;
}

const away = (a: string, b: string): number => editDistance(a.toLowerCase(), b.toLowerCase());

const problem = (container: string, label: string) =>
  ({ severity: "error", container, label, route: undefined, effect: "closed" }) as const;
