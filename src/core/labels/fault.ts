import type { Problem, ProblemCode } from "../domain/problem.ts";
import type { ParseError } from "../text/parse-result.ts";
import { escapeControlCharacters } from "../text/sanitize.ts";
import type { Label } from "./grouping.ts";

/** A fault of one label, before it is known which container and routes it concerns. */
export interface LabelFault {
  readonly code: ProblemCode;
  /** The label as written, or the one that is missing; empty where the fault is of all labels together. */
  readonly label: string;
  readonly message: string;
  readonly fix: string;
  /**
   * Shuts what is open too, since to leave it would show something that nobody asked to show, or that must not be shown: the
   * route with all that belongs to it, or only its paths that need no login.
   */
  readonly closeNow?: "route" | "bypass";
}

/** `cfauth.port="http" is not a port` → `write a number from 1 to 65535` */
export const valueFault = (
  label: Label,
  { why, fix }: ParseError,
  code: ProblemCode = "CFA-LABEL-VALUE",
): LabelFault => ({
  code,
  label: label.name,
  message: `${label.name}="${clip(label.text)}" ${why}`,
  fix,
});

/** Characters of a foreign text that a message quotes. */
const MAX_QUOTED = 100;

/** A foreign text within a sentence of ours: one line, every character of it visible, and short. */
export const clip = (text: string): string =>
  escapeControlCharacters(text.slice(0, MAX_QUOTED).replace(/[\t-\r]/g, " "));

export const problemOf = (
  container: string,
  { code, label, message, fix }: LabelFault,
): Problem => ({
  code,
  severity: "error",
  container,
  label: label === "" ? undefined : label,
  route: undefined,
  message,
  effect: "closed",
  fix,
});

/** What would be open to anyone, where the operator allows nothing to be. */
export const publicForbidden = (
  label: string,
  what: string,
  shut: LabelFault["closeNow"] & string,
): LabelFault => ({
  code: "CFA-PUBLIC-FORBIDDEN",
  label,
  message: `${what} is switched off here (CFAUTH_ALLOW_PUBLIC=false)`,
  fix: `remove ${label}, or set CFAUTH_ALLOW_PUBLIC=true on cfauth`,
  closeNow: shut,
});
