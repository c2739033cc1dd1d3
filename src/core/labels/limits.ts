import { saysWhere } from "../domain/label-order.ts";
import type { LabelFault } from "./fault.ts";

/**
 * Limits for the labels of one container. Only labels that cfauth obeys count: its own, or those of
 * another tool that it reads instead. Lengths are in characters.
 */
export const MAX_LABELS_PER_CONTAINER = 500;
export const MAX_LABEL_NAME_CHARACTERS = 256;
export const MAX_LABEL_VALUE_CHARACTERS = 16_384;
/** Names and values of all labels of the container together. */
export const MAX_LABEL_TEXT_CHARACTERS = 131_072;
/** Hostnames, groups, addresses, paths, … in one label. */
export const MAX_ITEMS_PER_LABEL = 100;
/** Each pair of a hostname and a path that needs no login is a separate route. */
export const MAX_ROUTES_PER_CONTAINER = 100;
/** Shown problems of one container's labels; the last one says how many more there are. */
export const MAX_PROBLEMS_PER_CONTAINER = 20;

export interface WithinLimits {
  /**
   * The labels within the limits. If there is an excess, only hostnames, paths and `access=public`
   * count.
   */
  readonly labels: Readonly<Record<string, string>>;
  /** The first limit that the labels exceed. */
  readonly excess: LabelFault | undefined;
}

/**
 * Checks a container's labels against the limits, in one pass over their text.
 *
 * @param unread - the number of further labels that the source dropped because of its limit
 */
export function withinLimits(labels: Readonly<Record<string, string>>, unread = 0): WithinLimits {
  const excess = unread > 0 ? unreadLabelsFault(unread) : excessOf(labels);
  return excess === undefined ? { labels, excess } : { labels: cutToLimits(labels), excess };
}

const LIST_LABELS = /\.(hostname|access\.(bypass|groups|emails|policies|service-tokens))$/;

function excessOf(labels: Readonly<Record<string, string>>): LabelFault | undefined {
  const entries = Object.entries(labels);
  if (entries.length > MAX_LABELS_PER_CONTAINER)
    return limitFault({
      what: `the container has ${formatCount(entries.length)} labels`,
      limit: `${MAX_LABELS_PER_CONTAINER}`,
      fix: "remove labels",
    });
  let text = 0;
  for (const [name, value] of entries) {
    text += name.length + value.length;
    if (name.length > MAX_LABEL_NAME_CHARACTERS)
      return limitFault({
        label: name,
        what: `the name of a label has ${formatCount(name.length)} characters`,
        limit: `${MAX_LABEL_NAME_CHARACTERS}`,
        fix: "remove the label",
      });
    if (value.length > MAX_LABEL_VALUE_CHARACTERS)
      return limitFault({
        label: name,
        what: `${name} has ${formatCount(value.length)} characters`,
        limit: formatCount(MAX_LABEL_VALUE_CHARACTERS),
        fix: "shorten its value",
      });
    const items = LIST_LABELS.test(name) ? countItems(value) : 1;
    if (items > MAX_ITEMS_PER_LABEL)
      return limitFault({
        label: name,
        what: `${name} lists ${formatCount(items)} items`,
        limit: `${MAX_ITEMS_PER_LABEL}`,
        fix: "shorten the list",
      });
  }
  if (text > MAX_LABEL_TEXT_CHARACTERS)
    return limitFault({
      what: `the labels have ${formatCount(text)} characters in all`,
      limit: formatCount(MAX_LABEL_TEXT_CHARACTERS),
      fix: "shorten or remove labels",
    });
  return undefined;
}

const unreadLabelsFault = (count: number): LabelFault => ({
  code: "CFA-LIMIT",
  label: "",
  message: `the labels of the container are so long that ${formatCount(count)} of them ${count === 1 ? "is" : "are"} not read; nothing opens, because the unread part may ask for protection`,
  fix: "shorten or remove labels, or split the routes across several containers",
});

/** The container requests more routes than allowed. */
export const tooManyRoutesFault = (count: number): LabelFault =>
  limitFault({
    what: `the labels ask for ${formatCount(count)} routes`,
    limit: `${MAX_ROUTES_PER_CONTAINER}`,
    fix: "remove hostnames or paths",
  });

interface ExceededLimit {
  readonly label?: string;
  readonly what: string;
  readonly limit: string;
  readonly fix: string;
}

const limitFault = ({ label, what, limit, fix }: ExceededLimit): LabelFault => ({
  code: "CFA-LIMIT",
  label: label?.slice(0, MAX_LABEL_NAME_CHARACTERS) ?? "",
  message: `${what}, and cfauth reads ${limit}; nothing opens, because the unread part may ask for protection`,
  fix: `${fix}, or split the routes across several containers`,
});

const formatCount = (count: number): string => count.toLocaleString("en");

function countItems(value: string): number {
  let items = 1;
  for (let at = value.indexOf(","); at !== -1; at = value.indexOf(",", at + 1)) items += 1;
  return items;
}

function cutToLimits(labels: Readonly<Record<string, string>>): Record<string, string> {
  const names = Object.keys(labels).filter((name) => name.length <= MAX_LABEL_NAME_CHARACTERS);
  const rank = (name: string): number => (saysWhere(name) ? 0 : 1);
  const first = names
    .toSorted((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1))
    .slice(0, MAX_LABELS_PER_CONTAINER);
  const read: Record<string, string> = {};
  let text = 0;
  for (const name of first) {
    const value = cutValue(labels[name] ?? "");
    text += name.length + value.length;
    if (text <= MAX_LABEL_TEXT_CHARACTERS) read[name] = value;
  }
  return read;
}

/** The complete items within the limits. */
function cutValue(value: string): string {
  const head =
    value.length <= MAX_LABEL_VALUE_CHARACTERS
      ? value
      : value.slice(0, Math.max(0, value.lastIndexOf(",", MAX_LABEL_VALUE_CHARACTERS)));
  return head.split(",", MAX_ITEMS_PER_LABEL).join(",");
}
