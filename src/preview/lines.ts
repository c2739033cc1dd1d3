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

/** As wide as the longest name of an object. */
const WIDTH = "Authentik application".length + 1;

/**
 * A change in one line: its sign, what it is done to, and what differs.
 *
 * @param hostname - under which it stands already, and so is not said again
 * @param tunnel - ours: people know it by its name, and records by its id
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
  const said = [subject(change, hostname), words].filter((it) => it !== "").join("  ");
  const { exposure } = difference;
  const reach =
    exposure === undefined || exposure === "protected" ? "" : `  ${exposed(out, exposure)}`;
  return `${colourSign(out, SIGNS[change.action])} ${resourceLabel(change).padEnd(WIDTH)}${said}${reach}`.trimEnd();
}

function subject(change: AnyChange, hostname: string | undefined): string {
  if (change.kind === "policy") return policyWords(change.subject);
  const route = routeKeyOfChange(change);
  if (route === undefined) return subjectOf(change);
  return route.hostname === hostname ? (route.path ?? "") : change.subject;
}

const exposed = ({ paint }: Paint, exposure: NonNullable<Diff["exposure"]>): string =>
  exposure === "PUBLIC"
    ? paint("red", "PUBLIC")
    : paint(exposure === "narrower" ? "cyan" : "yellow", exposure);

/** What is wrong, with its code, and beneath it what to do. */
export function problemLines(
  { paint }: Paint,
  { code, container, label, message, fix }: Problem,
): readonly string[] {
  const where = [container, label].filter((it) => it !== undefined).join(" · ");
  return [`${where === "" ? "" : `${where}: `}${message}  ${paint("dim", code)}`, `→ ${fix}`];
}
