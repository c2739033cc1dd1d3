import {
  MAX_ANSWER_BYTES,
  MAX_ANSWER_DEPTH,
  MAX_ANSWER_VALUES,
  MAX_CONTAINER_COST,
  MAX_CONTAINER_LIST_BYTES,
  MAX_CONTAINERS_COST,
  MAX_ENGINE_ANSWER_BYTES,
  MAX_ENGINE_ANSWER_VALUES,
  MAX_LABEL_JSON_BYTES,
  MAX_LIST_ITEMS,
  MAX_LIST_MS,
  MAX_LIST_PAGES,
  MAX_LISTS_BYTES,
  MAX_PAGE_BYTES,
  MAX_RECEIPT_BYTES,
  MAX_REPORT_BYTES,
} from "../../src/clients/limits.ts";
import {
  MAX_ITEMS_PER_LABEL,
  MAX_LABEL_NAME_CHARACTERS,
  MAX_LABEL_TEXT_CHARACTERS,
  MAX_LABEL_VALUE_CHARACTERS,
  MAX_LABELS_PER_CONTAINER,
  MAX_PROBLEMS_PER_CONTAINER,
  MAX_ROUTES_PER_CONTAINER,
} from "../../src/core/labels/limits.ts";
import { filled } from "./filled.ts";

/** docs/reliability.md with the table of limits made from the constants. */
export const withLimits = (text: string): string =>
  filled("docs/reliability.md", text, "limits", table());

const count = (number: number): string => number.toLocaleString("en");
const bytes = (number: number): string =>
  number >= 1024 * 1024 ? `${number / 1024 / 1024} MiB` : `${number / 1024} KiB`;
const characters = (number: number): string => `${count(number)} characters`;

const ROWS: readonly (readonly [string, string])[] = [
  ["labels of cfauth on one container", count(MAX_LABELS_PER_CONTAINER)],
  ["name of a label", characters(MAX_LABEL_NAME_CHARACTERS)],
  ["value of a label", characters(MAX_LABEL_VALUE_CHARACTERS)],
  ["names and values of all labels of one container", characters(MAX_LABEL_TEXT_CHARACTERS)],
  ["hostnames, groups, addresses, paths, … in one label", count(MAX_ITEMS_PER_LABEL)],
  [
    "routes of one container: hostnames, each with its paths that need no login",
    count(MAX_ROUTES_PER_CONTAINER),
  ],
  ["problems of one container's labels that are shown", count(MAX_PROBLEMS_PER_CONTAINER)],
  [
    "an answer of Cloudflare or Authentik, unpacked",
    `${bytes(MAX_ANSWER_BYTES)}, ${count(MAX_ANSWER_VALUES)} JSON values`,
  ],
  ["depth of any JSON answer", `${MAX_ANSWER_DEPTH} levels`],
  [
    "a list of Cloudflare or Authentik",
    `${count(MAX_LIST_ITEMS)} items, ${MAX_LIST_PAGES} pages, ${MAX_LIST_MS / 1_000} s`,
  ],
  ["all lists of one of them that are read at the same time", bytes(MAX_LISTS_BYTES)],
  ["Docker's list of containers, as Docker sends it", bytes(MAX_CONTAINER_LIST_BYTES)],
  [
    "what is kept of that list; beyond it the containers with the most labels lose some",
    bytes(MAX_CONTAINERS_COST),
  ],
  [
    "what is kept of one container's labels: of hostnames, paths and access, and as much again of the rest",
    bytes(MAX_CONTAINER_COST),
  ],
  ["one label as Docker sends it; longer ones are not kept", bytes(MAX_LABEL_JSON_BYTES)],
  [
    "any other answer of Docker",
    `${bytes(MAX_ENGINE_ANSWER_BYTES)}, ${count(MAX_ENGINE_ANSWER_VALUES)} JSON values`,
  ],
  ["what is read of a notification service's answer", bytes(MAX_RECEIPT_BYTES)],
  ["what `cfauth doctor` reads of a public page", bytes(MAX_PAGE_BYTES)],
  ["what `cfauth status` reads of the daemon's answer", bytes(MAX_REPORT_BYTES)],
];

const table = (): string =>
  ["| what | at most |", "|---|---|", ...ROWS.map(([what, most]) => `| ${what} | ${most} |`)].join(
    "\n",
  );
