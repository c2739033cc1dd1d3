import { saysWhere } from "../domain/label-order.ts";
import type { LabelFault } from "./fault.ts";

/**
 * The most that cfauth reads of one container's labels. Only labels that cfauth obeys count: its own, or those of another tool
 * that are read in their place. Lengths are characters.
 */
export const MAX_LABELS_PER_CONTAINER = 500;
export const MAX_LABEL_NAME_CHARACTERS = 256;
export const MAX_LABEL_VALUE_CHARACTERS = 16_384;
/** Names and values of all labels of the container together. */
export const MAX_LABEL_TEXT_CHARACTERS = 131_072;
/** Hostnames, groups, addresses, paths, … in one label. */
export const MAX_ITEMS_PER_LABEL = 100;
/** Each hostname with each path that needs no login is a route of its own. */
export const MAX_ROUTES_PER_CONTAINER = 100;
/** Problems of one container's labels that are shown; the last one says how many there are beside them. */
export const MAX_PROBLEMS_PER_CONTAINER = 20;

export interface WithinLimits {
  /** As far as they are read. Where there is an excess, only what they say of places and of `access=public` counts. */
  readonly labels: Readonly<Record<string, string>>;
  /** The first limit that the labels are beyond. */
  readonly excess: LabelFault | undefined;
}

/**
 * Holds a container's labels against the limits, in one go over their text.
 *
 * @param unread - how many more there are that the source had no room for
 */
export function withinLimits(labels: Readonly<Record<string, string>>, unread = 0): WithinLimits {
  const excess = unread > 0 ? unreadLabels(unread) : excessOf(labels);
  return excess === undefined ? { labels, excess } : { labels: readable(labels), excess };
}

const LISTS = /\.(hostname|access\.(bypass|groups|emails|policies|service-tokens))$/;

function excessOf(labels: Readonly<Record<string, string>>): LabelFault | undefined {
  const entries = Object.entries(labels);
  if (entries.length > MAX_LABELS_PER_CONTAINER)
    return beyond(
      undefined,
      `the container has ${spell(entries.length)} labels`,
      `${MAX_LABELS_PER_CONTAINER}`,
      "remove labels",
    );
  let text = 0;
  for (const [name, value] of entries) {
    text += name.length + value.length;
    if (name.length > MAX_LABEL_NAME_CHARACTERS)
      return beyond(
        name,
        `the name of a label has ${spell(name.length)} characters`,
        `${MAX_LABEL_NAME_CHARACTERS}`,
        "remove the label",
      );
    if (value.length > MAX_LABEL_VALUE_CHARACTERS)
      return beyond(
        name,
        `${name} has ${spell(value.length)} characters`,
        spell(MAX_LABEL_VALUE_CHARACTERS),
        "shorten its value",
      );
    const items = LISTS.test(name) ? itemsIn(value) : 1;
    if (items > MAX_ITEMS_PER_LABEL)
      return beyond(
        name,
        `${name} lists ${spell(items)} items`,
        `${MAX_ITEMS_PER_LABEL}`,
        "shorten the list",
      );
  }
  if (text > MAX_LABEL_TEXT_CHARACTERS)
    return beyond(
      undefined,
      `the labels have ${spell(text)} characters in all`,
      spell(MAX_LABEL_TEXT_CHARACTERS),
      "shorten or remove labels",
    );
  return undefined;
}

const unreadLabels = (count: number): LabelFault => ({
  code: "CFA-LIMIT",
  label: "",
  message: `the labels of the container are so long that ${spell(count)} of them ${count === 1 ? "is" : "are"} not read; nothing is opened, since what is not read might ask for protection`,
  fix: "shorten or remove labels, or divide the routes among several containers",
});

/** More routes than one container may ask for. */
export const tooManyRoutes = (count: number): LabelFault =>
  beyond(
    undefined,
    `the labels ask for ${spell(count)} routes`,
    `${MAX_ROUTES_PER_CONTAINER}`,
    "remove hostnames or paths",
  );

const beyond = (
  label: string | undefined,
  what: string,
  limit: string,
  fix: string,
): LabelFault => ({
  code: "CFA-LIMIT",
  label: label?.slice(0, MAX_LABEL_NAME_CHARACTERS) ?? "",
  message: `${what}, and cfauth reads ${limit} at most; nothing is opened, since what is not read might ask for protection`,
  fix: `${fix}, or divide the routes among several containers`,
});

const spell = (count: number): string => count.toLocaleString("en");

function itemsIn(value: string): number {
  let items = 1;
  for (let at = value.indexOf(","); at !== -1; at = value.indexOf(",", at + 1)) items += 1;
  return items;
}

function readable(labels: Readonly<Record<string, string>>): Record<string, string> {
  const names = Object.keys(labels).filter((name) => name.length <= MAX_LABEL_NAME_CHARACTERS);
  const rank = (name: string): number => (saysWhere(name) ? 0 : 1);
  const first = names
    .toSorted((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1))
    .slice(0, MAX_LABELS_PER_CONTAINER);
  const read: Record<string, string> = {};
  let text = 0;
  for (const name of first) {
    const value = cut(labels[name] ?? "");
    text += name.length + value.length;
    if (text <= MAX_LABEL_TEXT_CHARACTERS) read[name] = value;
  }
  return read;
}

/** The whole items within the limits. */
function cut(value: string): string {
  const head =
    value.length <= MAX_LABEL_VALUE_CHARACTERS
      ? value
      : value.slice(0, Math.max(0, value.lastIndexOf(",", MAX_LABEL_VALUE_CHARACTERS)));
  return head.split(",", MAX_ITEMS_PER_LABEL).join(",");
}
