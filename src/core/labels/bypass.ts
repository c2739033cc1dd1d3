import { type Path, parsePath } from "../domain/path.ts";
import { splitList } from "../text/list.ts";
import { invalid } from "../text/parse-result.ts";
import type { LabelContext } from "./context.ts";
import { type LabelFault, publicForbiddenFault, valueFault } from "./fault.ts";
import type { Label, Labels } from "./grouping.ts";
import { namesOf } from "./values.ts";

interface Bypass {
  /**
   * The valid paths, even if others are faulty: an open one stays as it is. Of nested paths only
   * the outermost.
   */
  readonly paths: readonly Path[];
  readonly faults: readonly LabelFault[];
}

/**
 * The path prefixes of a route that need no login.
 *
 * @param route - the route's own path: each prefix lies below it
 */
export function bypassOf(
  labels: Labels,
  prefix: string,
  route: Path | undefined,
  context: LabelContext,
): Bypass {
  const label = labels.get("access.bypass");
  if (label === undefined) return { paths: [], faults: [] };
  const list = namesOf(label.text, "a path");
  const paths = new Set<Path>();
  const faults: LabelFault[] = list.ok ? [] : [valueFault(label, list)];
  for (const text of splitList(label.text)) {
    const path = bypassPath({ name: label.name, text }, prefix, route);
    if (typeof path === "string") paths.add(path);
    else faults.push(path);
  }
  const isNested = (path: Path) => [...paths].some((other) => path.startsWith(`${other}/`));
  return {
    paths: [...paths].filter((path) => !isNested(path)),
    faults: context.allowPublic
      ? faults
      : [publicForbiddenFault(label.name, "access.bypass", "bypass")],
  };
}

function bypassPath(label: Label, prefix: string, route: Path | undefined): Path | LabelFault {
  const path = parsePath(label.text);
  if (!path.ok) return valueFault(label, path);
  if (path.value === undefined || path.value === route)
    return valueFault(
      label,
      invalid("is the whole route", `write ${prefix}access: public instead, if anyone may enter`),
    );
  if (route !== undefined && !path.value.startsWith(`${route}/`))
    return valueFault(
      label,
      invalid(`is not below ${route}, the path of this route`, `write ${route}${path.value}`),
    );
  return path.value;
}
