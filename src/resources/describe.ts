import { parseRouteKey, type Route } from "../core/domain/route.ts";
import { describeReplaced } from "../core/plan/resource.ts";
import { redactPersonalData } from "../core/text/redact.ts";
import type { Diff, Field, Fields } from "./contract/diff.ts";
import { CLOSED_TEXT } from "./ingress-rule/diff.ts";
import type { AnyChange } from "./registry.ts";

/** What sort of object it is, as the dashboards call it. */
export function resourceLabel(change: AnyChange): string {
  switch (change.kind) {
    case "login":
      return LOGIN[change.key];
    case "access":
      return change.key === "tag" || change.key === "tag-gone"
        ? "Access tag"
        : "Access application";
    case "tunnel":
      return change.action === "create" ? "tunnel" : "connector token";
    case "policy":
      return "Access policy";
    case "ingress":
      return "ingress rule";
    case "dns":
      return "DNS record";
    case "tile":
      return "tile";
  }
}

const LOGIN: Readonly<Record<Extract<AnyChange, { kind: "login" }>["key"], string>> = {
  "login-provider": "Authentik provider",
  "login-application": "Authentik application",
  "login-groups": "groups in the login",
  "login-method": "login method",
  "login-method-gone": "login method",
  "login-application-gone": "Authentik application",
  "login-provider-gone": "Authentik provider",
  "login-groups-gone": "groups in the login",
};

/** The route that a change is about; undefined for what is of no single one, whatever its name looks like. */
export const routeKeyOfChange = ({ kind, subject }: AnyChange): Route | undefined =>
  OF_ROUTES.has(kind) ? parseRouteKey(subject) : undefined;

const OF_ROUTES: ReadonlySet<AnyChange["kind"]> = new Set(["access", "ingress", "dns", "tile"]);

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
  return before === undefined || keptPlace(before) ? gist(change, after) : changed(before, after);
}

/** A rule that only kept its place tells nothing. */
const keptPlace = (before: Fields): boolean => before["service"] === CLOSED_TEXT;

function gist(change: AnyChange, after: Fields): string {
  const text = (name: string) => spell(after[name]);
  switch (change.kind) {
    case "access":
      return after["policies"] === undefined ? "" : `${text("policies")} · ${text("session")}`;
    case "ingress":
      return [`→ ${text("service")}`, login(after), options(after)]
        .filter((it) => it !== "")
        .join(" · ");
    case "dns":
      return `${text("type")} → ${text("content")}`;
    case "tile":
      return `${text("name")}, for ${text("for")}`;
    case "login":
      return change.key === "login-groups" ? text("groups") : "";
    case "policy":
    case "tunnel":
      return "";
  }
}

function login(after: Fields): string {
  if (after["login"] !== "required") return "no login";
  const tag = String(after["aud"]);
  return tag.startsWith("(") ? `login required, for ${tag}` : "login required";
}

const options = (after: Fields): string =>
  Object.keys(after)
    .flatMap((name) =>
      name.startsWith("origin.") ? [`${name.slice("origin.".length)} ${spell(after[name])}`] : [],
    )
    .join(", ");

const changed = (before: Fields, after: Fields): string =>
  [...new Set([...Object.keys(before), ...Object.keys(after)])]
    .filter((name) => name !== "aud" || after[name] !== undefined)
    .map((name) => `${spaced(name)} ${spell(before[name])} → ${spell(after[name])}`)
    .join(", ");

/** `oldLogins` → `old logins`; cloudflared's own names stay as they are. */
const spaced = (name: string): string =>
  name.startsWith("origin.") ? name : name.replace(/[A-Z]/g, (it) => ` ${it.toLowerCase()}`);

/** No value is longer in a line than this; an audience tag has 64 characters that nobody reads. */
const LONGEST = 60;

function spell(value: Field | undefined): string {
  if (value === undefined) return "none";
  if (typeof value === "boolean") return value ? "yes" : "no";
  const text = Array.isArray(value) ? value.join(", ") || "none" : String(value);
  if (/^[0-9a-f]{32,}$/.test(text)) return `${text.slice(0, 8)}…`;
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}
