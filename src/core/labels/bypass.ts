import { type Path, parsePath } from "../domain/path.ts";
import { splitList } from "../text/list.ts";
import { invalid } from "../text/parse-result.ts";
import type { LabelContext } from "./context.ts";
import { type LabelFault, publicForbidden, valueFault } from "./fault.ts";
import type { Label, Labels } from "./grouping.ts";
import { namesOf } from "./values.ts";

interface Bypass {
  /** Those that are sound, even beside faulty ones: what of them is open stays as it is. The outermost of nested ones. */
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
  const sound = namesOf(label.text, "a path");
  const read = splitList(label.text).map((text) =>
    bypassPath({ name: label.name, text }, prefix, route),
  );
  const paths = [...new Set(read.flatMap((it) => (typeof it === "string" ? [it] : [])))];
  const faults = [
    ...(sound.ok ? [] : [valueFault(label, sound)]),
    ...read.flatMap((it) => (typeof it === "string" ? [] : [it])),
  ];
  return {
    paths: paths.filter((it) => !paths.some((other) => it.startsWith(`${other}/`))),
    faults: context.allowPublic ? faults : [publicForbidden(label.name, "access.bypass", "bypass")],
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
