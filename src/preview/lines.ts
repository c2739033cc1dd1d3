import type { Problem } from "../core/domain/problem.ts";
import type { Style, Terminal } from "../core/terminal.ts";
import { policyWords } from "../resources/access-policy/diff.ts";
import type { Diff } from "../resources/contract/diff.ts";
import {
  resourceLabel,
  routeKeyOfChange,
  subjectOf,
  summariseDiff,
} from "../resources/describe.ts";
import type { AnyChange } from "../resources/registry.ts";
import type { ObservedTunnel } from "../resources/tunnel/types.ts";

export type Paint = Pick<Terminal, "paint">;

export const SIGNS: Readonly<Record<AnyChange["action"], string>> = {
  create: "+",
  update: "~",
  delete: "-",
};
const STYLES: Readonly<Record<string, Style>> = {
  "+": "green",
  "~": "yellow",
  "-": "red",
  "…": "cyan",
  "!": "yellow",
};

export const colourSign = ({ paint }: Paint, sign: string): string => {
  const style = STYLES[sign];
  return style === undefined ? sign : paint(style, sign);
};

/** The longest object name, and one space. */
const WIDTH = "Authentik application".length + 1;

/**
 * A change in one line: its sign, its object, and its diff.
 *
 * @param hostname - the hostname of the heading above, which is not repeated
 * @param tunnel - cfauth's tunnel: DNS records contain its id, and people know its name
 */
export function changeLine(
  out: Paint,
  change: AnyChange,
  difference: Diff,
  hostname: string | undefined,
  { tunnel, name }: Pick<ObservedTunnel, "tunnel" | "name">,
): string {
  const words = summariseDiff(change, difference)
    .replace(/\(known after \d+\)\.cfargotunnel\.com/g, () => `tunnel ${name}`)
    .replaceAll(`${tunnel?.id}.cfargotunnel.com`, () => `tunnel ${tunnel?.name}`);
  const description = [subject(change, hostname), words].filter((it) => it !== "").join("  ");
  const { exposure } = difference;
  const admission =
    exposure === undefined || exposure === "protected" ? "" : `  ${admissionText(out, exposure)}`;
  const start = `${colourSign(out, SIGNS[change.action])} ${resourceLabel(change).padEnd(WIDTH)}`;
  return `${start}${description}${admission}`.trimEnd();
}

function subject(change: AnyChange, hostname: string | undefined): string {
  if (change.kind === "policy") return policyWords(change.subject);
  const route = routeKeyOfChange(change);
  if (route === undefined) return subjectOf(change);
  return route.hostname === hostname ? (route.path ?? "") : change.subject;
}

const admissionText = ({ paint }: Paint, exposure: NonNullable<Diff["exposure"]>): string =>
  exposure === "PUBLIC"
    ? paint("red", "PUBLIC")
    : paint(exposure === "narrower" ? "cyan" : "yellow", exposure);

/** The message of a problem with its code, and the fix below it. */
export function problemLines(
  { paint }: Paint,
  { code, container, label, message, fix }: Problem,
): readonly string[] {
  const where = [container, label].filter((it) => it !== undefined).join(" · ");
  return [`${where === "" ? "" : `${where}: `}${message}  ${paint("dim", code)}`, `→ ${fix}`];
}
