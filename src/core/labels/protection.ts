import type { AuthentikContainer } from "../domain/authentik-container.ts";
import type { Protection } from "../domain/exposure.ts";
import type { Path } from "../domain/path.ts";
import type { Route } from "../domain/route.ts";
import { parseSession } from "../domain/session.ts";
import { invalid } from "../text/parse-result.ts";
import { audienceOf } from "./audience.ts";
import { bypassOf } from "./bypass.ts";
import type { LabelContext } from "./context.ts";
import { type LabelFault, publicForbiddenFault, valueFault } from "./fault.ts";
import type { Labels } from "./grouping.ts";
import type { LabelSet } from "./label-set.ts";
import { readLabel } from "./read.ts";
import { parseAccess } from "./values.ts";

export interface DecodedProtection {
  readonly value: Protection;
  /** The valid path prefixes that need no login. */
  readonly bypass: readonly Path[];
  /** If there are any, nothing may be built from the protection and the prefixes. */
  readonly faults: readonly LabelFault[];
}

/**
 * | `access`  | other `access.*` labels | result                                                |
 * |-----------|-------------------------|-------------------------------------------------------|
 * | authentik | any                     | protected                                             |
 * | public    | none                    | public, if the operator allows that                   |
 * | public    | some                    | a fault, because the labels contradict each other     |
 * | missing   | none                    | CFAUTH_DEFAULT_ACCESS                                 |
 * | missing   | some                    | protected whatever the default, because they restrict |
 */
export function protectionOf(
  labels: Labels,
  prefix: string,
  path: Path | undefined,
  context: LabelContext,
): DecodedProtection {
  const access = readLabel(labels, "access", parseAccess);
  const details = [...labels]
    .filter(([key]) => key.startsWith("access."))
    .map(([, label]) => label);
  const usesDefault = labels.get("access") === undefined && details.length === 0;
  const bypass = bypassOf(labels, prefix, path, context);
  if ((usesDefault ? context.defaults.access : access.value) === "public") {
    const clashes = details.map((label) =>
      valueFault(
        label,
        invalid("has no effect on a public route", `remove ${label.name}`),
        "CFA-LABEL-CLASH",
      ),
    );
    const forbidden = context.allowPublic
      ? []
      : [
          publicForbiddenFault(
            labels.get("access")?.name ?? `${prefix}access`,
            "access=public",
            "route",
          ),
        ];
    return { value: { kind: "public" }, bypass: bypass.paths, faults: [...clashes, ...forbidden] };
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

/** True if the route is Authentik's own: the login, which cannot sit behind itself. */
export const isLoginRoute = ({ hostname, path }: Route, { login }: LabelContext): boolean =>
  hostname === login.host && (path ?? "") === login.path;

/**
 * Another container requests Authentik's own hostname, or a path in it. A container that answers
 * there could serve the keys and tokens of every login, and so claim any address and group.
 */
export function notAuthentikFault(
  label: string,
  labelSet: Pick<LabelSet, "name">,
  { login }: LabelContext,
): LabelFault {
  return {
    code: "CFA-AK-OWN-HOST",
    label,
    message: `${label} asks for ${login.host}, which only Authentik's own container may use (${describeContainer(login.container)}); another container there could forge every login`,
    fix: `choose another hostname; only if ${labelSet.name} is Authentik itself, set CFAUTH_AUTHENTIK_CONTAINER=${labelSet.name} on cfauth`,
  };
}

function describeContainer(container: AuthentikContainer): string {
  switch (container.kind) {
    case "unnamed":
      return "neither AUTHENTIK_API_URL nor CFAUTH_AUTHENTIK_CONTAINER names a container";
    case "absent":
      return `${container.name}, which is not running here`;
    case "ambiguous":
      return `${container.containers.join(" and ")} all answer to its name, ${container.name}`;
    case "found":
      return [...container.names].toSorted().join(" or ");
  }
}

/**
 * Faults of labels that protect Authentik's own route. They have no effect, because otherwise no
 * one could log in anywhere.
 *
 * @param separateRoute - how to give the hostname its own route, if the labels also protect other
 *   hostnames and must stay for those
 */
export function loginFaults(
  labels: Labels,
  hostname: string,
  separateRoute: string | undefined,
): readonly LabelFault[] {
  const ineffective = [...labels].filter(
    ([key, { text }]) => key.startsWith("access.") || (key === "access" && text !== "public"),
  );
  return ineffective.map(([, label]) => {
    const why = `cannot apply to ${hostname}, Authentik's own hostname: it cannot sit behind its own login, so it stays open`;
    const fix = separateRoute ?? `remove ${label.name}; Authentik itself decides who may log in`;
    return valueFault(label, invalid(why, fix), "CFA-AK-OWN-HOST");
  });
}
