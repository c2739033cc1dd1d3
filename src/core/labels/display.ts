import type { Display } from "../domain/exposure.ts";
import type { Workload } from "../domain/workload.ts";
import type { ParseResult } from "../text/parse-result.ts";
import type { LabelFault } from "./fault.ts";
import { type Labels, stripQuotes } from "./grouping.ts";
import { MAX_LABEL_VALUE_CHARACTERS } from "./limits.ts";
import { readLabel } from "./read.ts";
import { parseFlagLabel, parseIcon, parseText } from "./values.ts";

/**
 * How the route shows itself to people: the `app.*` labels, and where they are silent what `homepage.*` says of the same
 * container (gethomepage.dev, Docker discovery). That alters looks only, so no setting has to ask for it.
 *
 * @param homepage - the container's labels, where they may speak for this route
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

/** What is not fit for a tile, such as Homepage's own icons (`wiki.png`, `mdi-book`), is no fault: it was not written for us. */
function fallback<T>(
  text: string | undefined,
  parse: (text: string) => ParseResult<T>,
): T | undefined {
  const read =
    text === undefined || text.length > MAX_LABEL_VALUE_CHARACTERS
      ? undefined
      : parse(stripQuotes(text));
  return read?.ok === true ? read.value : undefined;
}

/** Of a route that people do not go to by themselves: a path for webhooks, the login. */
export const HIDDEN_LABELS: Display = {
  name: undefined,
  icon: undefined,
  description: undefined,
  category: undefined,
  hidden: true,
};
