import type { Problem, ProblemCode } from "../domain/problem.ts";
import type { ParseError } from "../text/parse-result.ts";
import { escapeControlCharacters } from "../text/sanitize.ts";
import type { Label } from "./grouping.ts";

/** A fault of one label, before cfauth knows which container and routes it concerns. */
export interface LabelFault {
  readonly code: ProblemCode;
  /**
   * The label as written, or the missing label; empty if the fault concerns all labels together.
   */
  readonly label: string;
  readonly message: string;
  readonly fix: string;
  /**
   * Closes open routes too, because they would expose what no one asked for or what must not be
   * public. `route`: the whole route. `bypass`: only its paths that need no login.
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

/** How much of a foreign text a message quotes. */
const MAX_QUOTED_CHARACTERS = 100;

/** Makes a foreign text fit for a message: one line, only visible characters, short. */
export const clip = (text: string): string =>
  escapeControlCharacters(text.slice(0, MAX_QUOTED_CHARACTERS).replace(/[\t-\r]/g, " "));

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

/** A label that asks for public access although the operator forbids it. */
export const publicForbiddenFault = (
  label: string,
  what: string,
  closeNow: LabelFault["closeNow"] & string,
): LabelFault => ({
  code: "CFA-PUBLIC-FORBIDDEN",
  label,
  message: `${what} is switched off here (CFAUTH_ALLOW_PUBLIC=false)`,
  fix: `remove ${label}, or set CFAUTH_ALLOW_PUBLIC=true on cfauth`,
  closeNow,
});
