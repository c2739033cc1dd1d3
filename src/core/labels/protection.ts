import type { AuthentikContainer } from "../domain/authentik-container.ts";
import type { Protection } from "../domain/exposure.ts";
import type { Path } from "../domain/path.ts";
import type { Route } from "../domain/route.ts";
import { parseSession } from "../domain/session.ts";
import { invalid } from "../text/parse-result.ts";
import { audienceOf } from "./audience.ts";
import { bypassOf } from "./bypass.ts";
import type { LabelContext } from "./context.ts";
import { type LabelFault, publicForbidden, valueFault } from "./fault.ts";
import type { Labels } from "./grouping.ts";
import type { LabelSet } from "./label-set.ts";
import { readLabel } from "./read.ts";
import { parseAccess } from "./values.ts";

export interface ReadProtection {
  readonly value: Protection;
  /** Path prefixes that need no login: those that can be read. */
  readonly bypass: readonly Path[];
  /** With any of them the protection and the prefixes are not to be built from. */
  readonly faults: readonly LabelFault[];
}

/**
 * | access    | any `access.*` beside it | then                                              |
 * |-----------|--------------------------|---------------------------------------------------|
 * | authentik | any                      | protected                                         |
 * | public    | none                     | public, where that is allowed at all              |
 * | public    | some                     | a fault: which of the two is meant?               |
 * | silent    | none                     | CFAUTH_DEFAULT_ACCESS                             |
 * | silent    | some                     | protected, whatever the default: it names somebody |
 */
export function protectionOf(
  labels: Labels,
  prefix: string,
  path: Path | undefined,
  context: LabelContext,
): ReadProtection {
  const access = readLabel(labels, "access", parseAccess);
  const narrower = [...labels]
    .filter(([key]) => key.startsWith("access."))
    .map(([, label]) => label);
  const silent = labels.get("access") === undefined && narrower.length === 0;
  const bypass = bypassOf(labels, prefix, path, context);
  if ((silent ? context.defaults.access : access.value) === "public") {
    const idle = narrower.map((label) =>
      valueFault(
        label,
        invalid("has no effect on a public route", `remove ${label.name}`),
        "CFA-LABEL-CLASH",
      ),
    );
    const barred = context.allowPublic
      ? []
      : [
          publicForbidden(
            labels.get("access")?.name ?? `${prefix}access`,
            "access=public",
            "route",
          ),
        ];
    return { value: { kind: "public" }, bypass: bypass.paths, faults: [...idle, ...barred] };
  }
  const session = readLabel(labels, "access.session", parseSession);
  const audience = audienceOf(labels, context);
  return {
    value: {
      kind: "authentik",
      session: session.value ?? context.defaults.session,
      audience: audience.value,
    },
    bypass: bypass.paths,
    faults: [...access.faults, ...session.faults, ...audience.faults, ...bypass.faults],
  };
}

/** Whether the route is Authentik's own: the login, which cannot stand behind itself. */
export const isLogin = ({ hostname, path }: Route, { login }: LabelContext): boolean =>
  hostname === login.host && (path ?? "") === login.path;

/**
 * Another container asks for Authentik's own hostname, or for a path in it. A container that answers there could serve the keys
 * and tokens of every login, and so state any address and group.
 */
export function notAuthentik(
  label: string,
  labelSet: Pick<LabelSet, "name">,
  { login }: LabelContext,
): LabelFault {
  return {
    code: "CFA-AK-OWN-HOST",
    label,
    message: `${label} asks for ${login.host}, which belongs to Authentik's own container alone, ${whichIs(login.container)}; another one there could forge every login`,
    fix: `choose another hostname; only if ${labelSet.name} is Authentik itself, set CFAUTH_AUTHENTIK_CONTAINER=${labelSet.name} on cfauth`,
  };
}

function whichIs(container: AuthentikContainer): string {
  switch (container.kind) {
    case "unnamed":
      return "and neither AUTHENTIK_API_URL nor CFAUTH_AUTHENTIK_CONTAINER leads to one";
    case "absent":
      return `which is ${container.name} and does not run here`;
    case "ambiguous":
      return `and ${container.containers.join(" and ")} all answer to its name, ${container.name}`;
    case "found":
      return `which is ${[...container.names].toSorted().join(" or ")}`;
  }
}

/**
 * What its labels say of a protection is said in vain: else nobody could log in, to this or to anything.
 *
 * @param apart - how to give it a route of its own, where the labels protect other hostnames too and must stay for those
 */
export function loginFaults(
  labels: Labels,
  hostname: string,
  apart: string | undefined,
): readonly LabelFault[] {
  const vain = [...labels].filter(
    ([key, { text }]) => key.startsWith("access.") || (key === "access" && text !== "public"),
  );
  return vain.map(([, label]) => {
    const why = `cannot hold for ${hostname}, Authentik's own hostname: to log in there one would have to be logged in; it is kept open`;
    const fix =
      apart ?? `remove ${label.name}; who may log in at all is decided in Authentik itself`;
    return valueFault(label, invalid(why, fix), "CFA-AK-OWN-HOST");
  });
}
