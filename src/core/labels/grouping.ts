import type { Problem } from "../domain/problem.ts";
import { closestMatch, editDistance } from "../text/closest-match.ts";
import { LABEL_KEYS, RESERVED } from "./catalogue.ts";
import { MAX_PROBLEMS_PER_CONTAINER } from "./limits.ts";

/** One label as written on the container. */
export interface Label {
  /** The full name with prefix and route: `cfauth.web.port`. */
  readonly name: string;
  /** The value without surrounding quotes and spaces. */
  readonly text: string;
}

/** The labels of one route by key, without prefix and route. */
export type Labels = ReadonlyMap<string, Label>;

/** The labels of one container by route name; the unnamed route is "". */
export interface LabelGroups {
  readonly routes: ReadonlyMap<string, Labels>;
  readonly problems: readonly Problem[];
}

/** Groups a container's labels with our prefix by route. An unknown label becomes a problem. */
export function groupByRoute(
  container: string,
  labels: Readonly<Record<string, string>>,
  prefix: string,
): LabelGroups {
  const routes = new Map<string, Map<string, Label>>();
  const problems: Problem[] = [];
  for (const name of Object.keys(labels).toSorted()) {
    const rest = withoutPrefix(name, prefix);
    if (rest === undefined) continue;
    const place = splitRoute(rest);
    if (place === undefined) {
      // The search is only worthwhile for a problem that is shown.
      const isShown = problems.length < MAX_PROBLEMS_PER_CONTAINER;
      const near = isShown ? suggestKey(rest) : undefined;
      problems.push(unknownLabelProblem(container, name, near && `${prefix}.${near}`));
      continue;
    }
    const label = { name, text: stripQuotes(labels[name] ?? "") };
    routes.set(place.route, (routes.get(place.route) ?? new Map()).set(place.key, label));
  }
  return { routes, problems };
}

function withoutPrefix(name: string, prefix: string): string | undefined {
  const head = `${prefix}.`;
  return name.toLowerCase().startsWith(head.toLowerCase()) ? name.slice(head.length) : undefined;
}

/** @returns the route and the key; undefined if the text is neither a key nor a route with a key */
function splitRoute(rest: string): { readonly route: string; readonly key: string } | undefined {
  if (LABEL_KEYS.includes(rest)) return { route: "", key: rest };
  const [route = "", ...tail] = rest.split(".");
  const key = tail.join(".");
  if (!/^[A-Za-z0-9_-]+$/.test(route) || RESERVED.has(route) || !LABEL_KEYS.includes(key))
    return undefined;
  return { route, key };
}

/**
 * Removes quotes and spaces around a value, because `"true"` in a Compose list keeps its quotes.
 */
export const stripQuotes = (text: string): string =>
  text
    .trim()
    .replace(/^(["'])(.*)\1$/s, "$2")
    .trim();

/** @param suggestion - the known label that was probably meant */
const unknownLabelProblem = (
  container: string,
  label: string,
  suggestion: string | undefined,
): Problem => ({
  code: "CFA-LABEL-UNKNOWN",
  severity: "error",
  container,
  label,
  route: undefined,
  message: `${label} is not a label of cfauth; nothing opens, because it may have asked for protection`,
  effect: "closed",
  fix:
    suggestion === undefined
      ? "remove it, or look up its name in the label table"
      : `write ${suggestion}`,
});

function suggestKey(rest: string): string | undefined {
  const [route = "", ...tail] = rest.split(".");
  const whole = closestMatch(rest, LABEL_KEYS);
  if (tail.length === 0 || RESERVED.has(route)) return whole;
  const key = closestMatch(tail.join("."), LABEL_KEYS);
  const named = key === undefined ? undefined : `${route}.${key}`;
  return whole === undefined ||
    (named !== undefined && distance(rest, named) < distance(rest, whole))
    ? named
    : whole;
}

const distance = (a: string, b: string): number => editDistance(a.toLowerCase(), b.toLowerCase());
