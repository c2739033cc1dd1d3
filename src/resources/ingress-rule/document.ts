import { z } from "zod";
import type { RuleDocument } from "./journal.ts";
import type { RawRule } from "./types.ts";

/** Handed on as it came: a parser that copies would put its fields into another order. */
const Rule = z.custom<RawRule>((rule) => typeof (rule as RawRule | null)?.service === "string");

/** What the configurations of a tunnel answer. A tunnel that was never configured answers no `config`. */
export const ConfigurationAnswer = z.looseObject({
  version: z.number().nullish(),
  config: z.looseObject({ ingress: z.array(Rule).nullish() }).nullish(),
});

/** The rule that cloudflared itself falls back to, as the dashboard writes it. */
const NOTHING: RawRule = { service: "http_status:404" };

/** The document as it is: nothing in it is read but where the catch-all is, so that all of it goes back as it came. */
export function documentFrom({
  version,
  config,
}: z.infer<typeof ConfigurationAnswer>): RuleDocument {
  const { ingress, ...rest } = config ?? {};
  const all = ingress ?? [];
  const last = all.at(-1);
  const closed = last !== undefined && catchesAll(last);
  const rules = closed ? all.slice(0, -1) : all;
  return { version: version ?? -1, rules, catchAll: closed ? last : NOTHING, rest };
}

const catchesAll = ({ hostname, path }: RawRule): boolean =>
  ["", "*"].includes(hostname ?? "") && (path ?? "") === "";

/** As a PUT takes it: the whole document, what is not ours in it byte for byte as it came. */
export const documentOf = ({
  rules,
  catchAll,
  rest,
}: RuleDocument): Readonly<Record<string, unknown>> => ({
  ...rest,
  ingress: [...rules, catchAll],
});
