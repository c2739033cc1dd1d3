import { z } from "zod";
import type { RuleDocument } from "./journal.ts";
import type { RawRule } from "./types.ts";

/** Passed on unchanged: a parser that copies the rule would reorder its fields. */
const Rule = z.custom<RawRule>((rule) => typeof (rule as RawRule | null)?.service === "string");

/** The API's answer with a tunnel's configuration. A tunnel never configured has no `config`. */
export const ConfigurationAnswer = z.looseObject({
  version: z.number().nullish(),
  config: z.looseObject({ ingress: z.array(Rule).nullish() }).nullish(),
});

/** The rule that cloudflared falls back to, as the dashboard writes it. */
const DEFAULT_CATCH_ALL: RawRule = { service: "http_status:404" };

/**
 * Separates the catch-all rule from the others and interprets nothing else, so that the whole
 * document can be written back unchanged.
 */
export function documentFrom({
  version,
  config,
}: z.infer<typeof ConfigurationAnswer>): RuleDocument {
  const { ingress, ...rest } = config ?? {};
  const all = ingress ?? [];
  const last = all.at(-1);
  const hasCatchAll = last !== undefined && isCatchAll(last);
  const rules = hasCatchAll ? all.slice(0, -1) : all;
  const catchAll = hasCatchAll ? last : DEFAULT_CATCH_ALL;
  return { version: version ?? -1, rules, catchAll, rest };
}

const isCatchAll = ({ hostname, path }: RawRule): boolean =>
  ["", "*"].includes(hostname ?? "") && (path ?? "") === "";

/** The whole document for a PUT. Everything that is not ours is unchanged, byte for byte. */
export const documentOf = ({
  rules,
  catchAll,
  rest,
}: RuleDocument): Readonly<Record<string, unknown>> => ({
  ...rest,
  ingress: [...rules, catchAll],
});
