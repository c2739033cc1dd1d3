import type { Shown } from "../domain/exposure.ts";
import type { Labels } from "./family.ts";
import type { Fault } from "./fault.ts";
import { readLabel } from "./read.ts";
import { parseFlag, parseIcon, parseText } from "./values.ts";

/** How the route shows itself to people: the `app.*` labels. */
export function shownOf(labels: Labels): { readonly value: Shown; readonly faults: readonly Fault[] } {
  const name = readLabel(labels, "app.name", parseText);
  const icon = readLabel(labels, "app.icon", parseIcon);
  const description = readLabel(labels, "app.description", parseText);
  const category = readLabel(labels, "app.category", parseText);
  const hidden = readLabel(labels, "app.hidden", parseFlag);
  return {
    value: {
      name: name.value,
      icon: icon.value,
      description: description.value,
      category: category.value,
      hidden: hidden.value ?? false,
    },
    faults: [name, icon, description, category, hidden].flatMap(({ faults }) => faults),
  };
}

/** Of a route that people do not go to by themselves: a path for webhooks, the login. */
export const HIDDEN: Shown = { name: undefined, icon: undefined, description: undefined, category: undefined, hidden: true };
