import type { Display } from "../domain/exposure.ts";
import type { Workload } from "../domain/workload.ts";
import type { ParseResult } from "../text/parse-result.ts";
import type { LabelFault } from "./fault.ts";
import { type Labels, stripQuotes } from "./grouping.ts";
import { MAX_LABEL_VALUE_CHARACTERS } from "./limits.ts";
import { readLabel } from "./read.ts";
import { parseFlagLabel, parseIcon, parseText } from "./values.ts";

/**
 * How the route appears to people: the `app.*` labels, and for missing ones the `homepage.*` labels
 * of the same container (gethomepage.dev, Docker discovery). They only change the appearance, so no
 * setting has to enable them.
 *
 * @param homepage - the container's labels, or none if they do not apply to this route
 */
export function displayOf(
  labels: Labels,
  homepage: Workload["labels"],
): { readonly value: Display; readonly faults: readonly LabelFault[] } {
  const name = readLabel(labels, "app.name", parseText);
  const icon = readLabel(labels, "app.icon", parseIcon);
  const description = readLabel(labels, "app.description", parseText);
  const category = readLabel(labels, "app.category", parseText);
  const hidden = readLabel(labels, "app.hidden", parseFlagLabel);
  return {
    value: {
      name: name.value ?? fallback(homepage["homepage.name"], parseText),
      icon: icon.value ?? fallback(homepage["homepage.icon"], parseIcon),
      description: description.value ?? fallback(homepage["homepage.description"], parseText),
      category: category.value ?? fallback(homepage["homepage.group"], parseText),
      hidden: hidden.value ?? false,
    },
    faults: [name, icon, description, category, hidden].flatMap(({ faults }) => faults),
  };
}

/**
 * A value that does not fit a tile, such as Homepage's own icons (`wiki.png`, `mdi-book`), is not a
 * fault, because it was not written for cfauth.
 */
function fallback<T>(
  text: string | undefined,
  parse: (text: string) => ParseResult<T>,
): T | undefined {
  if (text === undefined || text.length > MAX_LABEL_VALUE_CHARACTERS) return undefined;
  const parsed = parse(stripQuotes(text));
  return parsed.ok ? parsed.value : undefined;
}

/** The display of a route that people do not open themselves: a path for webhooks, the login. */
export const HIDDEN_DISPLAY: Display = {
  name: undefined,
  icon: undefined,
  description: undefined,
  category: undefined,
  hidden: true,
};
