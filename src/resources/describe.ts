import { parseRouteKey, type Route } from "../core/domain/route.ts";
import { describeReplaced } from "../core/plan/resource.ts";
import { redactPersonalData } from "../core/text/redact.ts";
import type { Diff, Fields } from "./contract/diff.ts";
import { formatValue } from "./contract/format-value.ts";
import { CLOSED_TEXT } from "./ingress-rule/diff.ts";
import { type AnyChange, definitionOf } from "./registry.ts";

/** What sort of object it is, as the dashboards call it. */
export const resourceLabel = (change: AnyChange): string => definitionOf(change).label(change);

/** The route that a change is about; undefined for what is of no single one, whatever its name looks like. */
export const routeKeyOfChange = (change: AnyChange): Route | undefined =>
  definitionOf(change).perRoute ? parseRouteKey(change.subject) : undefined;

/** The subject without what only machines read: the fingerprint that a login method's name ends in. */
export const subjectOf = ({ kind, subject }: AnyChange): string =>
  kind === "login" ? subject.replace(/ #[0-9a-f]{8}$/, "") : subject;

/**
 * The difference in a few words, for one line: of what is made its gist, of what is changed each field with both values, of what
 * is removed nothing. Empty where there is nothing to say.
 */
export function summariseDiff(change: AnyChange, { before, after }: Diff): string {
  const takes = describeReplaced(change);
  if (takes !== undefined)
    return `takes over ${redactPersonalData(takes)}${change.kind === "ingress" ? "; nobody gets in meanwhile" : ""}`;
  if (after === undefined) return "";
  return before === undefined || keptPlace(before)
    ? definitionOf(change).summarise(change, after)
    : changed(before, after);
}

/** A rule that only kept its place tells nothing. */
const keptPlace = (before: Fields): boolean => before["service"] === CLOSED_TEXT;

const changed = (before: Fields, after: Fields): string =>
  [...new Set([...Object.keys(before), ...Object.keys(after)])]
    .filter((name) => name !== "aud" || after[name] !== undefined)
    .map((name) => `${spaced(name)} ${formatValue(before[name])} → ${formatValue(after[name])}`)
    .join(", ");

/** `oldLogins` → `old logins`; cloudflared's own names stay as they are. */
const spaced = (name: string): string =>
  name.startsWith("origin.") ? name : name.replace(/[A-Z]/g, (it) => ` ${it.toLowerCase()}`);
