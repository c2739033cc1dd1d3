import type { Protection } from "../domain/exposure.ts";
import { faulty } from "../domain/parsed.ts";
import type { Path } from "../domain/path.ts";
import type { Route } from "../domain/route.ts";
import { parseSession } from "../domain/session.ts";
import { audienceOf } from "./audience.ts";
import { bypassOf } from "./bypass.ts";
import type { Context } from "./context.ts";
import type { Labels } from "./family.ts";
import { type Fault, publicForbidden, valueFault } from "./fault.ts";
import { readLabel } from "./read.ts";
import { parseAccess } from "./values.ts";

export interface ReadProtection {
  readonly value: Protection;
  /** Path prefixes that need no login: those that can be read. */
  readonly bypass: readonly Path[];
  /** With any of them the protection and the prefixes are not to be built from. */
  readonly faults: readonly Fault[];
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
export function protectionOf(labels: Labels, prefix: string, path: Path | undefined, context: Context): ReadProtection {
  const access = readLabel(labels, "access", parseAccess);
  const narrower = [...labels].filter(([key]) => key.startsWith("access.")).map(([, label]) => label);
  const silent = labels.get("access") === undefined && narrower.length === 0;
  const bypass = bypassOf(labels, prefix, path, context);
  if ((silent ? context.defaults.access : access.value) === "public") {
    const idle = narrower.map((label) =>
      valueFault(label, faulty("has no effect on a public route", `remove ${label.name}`), "CFA-LABEL-CLASH"),
    );
    const barred = context.allowPublic ? [] : [publicForbidden(labels.get("access")?.name ?? `${prefix}access`, "access=public", "route")];
    return { value: { kind: "public" }, bypass: bypass.paths, faults: [...idle, ...barred] };
  }
  const session = readLabel(labels, "access.session", parseSession);
  const audience = audienceOf(labels, context);
  return {
    value: { kind: "authentik", session: session.value ?? context.defaults.session, audience: audience.value },
    bypass: bypass.paths,
    faults: [...access.faults, ...session.faults, ...audience.faults, ...bypass.faults],
  };
}

/** Whether the route is Authentik's own: the login, which cannot stand behind itself. */
export const isLogin = ({ hostname, path }: Route, { login }: Context): boolean => hostname === login.host && (path ?? "") === login.path;

/**
 * What its labels say of a protection is said in vain: else nobody could log in, to this or to anything.
 *
 * @param apart - how to give it a route of its own, where the labels protect other hostnames too and must stay for those
 */
export function loginFaults(labels: Labels, hostname: string, apart: string | undefined): readonly Fault[] {
  const vain = [...labels].filter(([key, { text }]) => key.startsWith("access.") || (key === "access" && text !== "public"));
  return vain.map(([, label]) => {
    const why = `cannot hold for ${hostname}, Authentik's own hostname: to log in there one would have to be logged in; it is kept open`;
    const fix = apart ?? `remove ${label.name}; who may log in at all is decided in Authentik itself`;
    return valueFault(label, faulty(why, fix), "CFA-AK-OWN-HOST");
  });
}
