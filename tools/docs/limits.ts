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

/** docs/reliability.md with the table of limits, generated from the constants. */
export const withLimits = (text: string): string =>
  filled("docs/reliability.md", text, "limits", table());

const count = (number: number): string => number.toLocaleString("en");
const bytes = (number: number): string =>
  number >= 1024 * 1024 ? `${number / 1024 / 1024} MiB` : `${number / 1024} KiB`;
const characters = (number: number): string => `${count(number)} characters`;

const ROWS: readonly (readonly [string, string])[] = [
  ["cfauth's labels on one container", count(MAX_LABELS_PER_CONTAINER)],
  ["name of a label", characters(MAX_LABEL_NAME_CHARACTERS)],
  ["value of a label", characters(MAX_LABEL_VALUE_CHARACTERS)],
  ["names and values of all labels of one container", characters(MAX_LABEL_TEXT_CHARACTERS)],
  ["hostnames, groups, addresses, paths, … in one label", count(MAX_ITEMS_PER_LABEL)],
  [
    "routes of one container: hostnames and their paths without a login",
    count(MAX_ROUTES_PER_CONTAINER),
  ],
  ["problems shown for one container's labels", count(MAX_PROBLEMS_PER_CONTAINER)],
  [
    "an answer of Cloudflare or Authentik, decompressed",
    `${bytes(MAX_ANSWER_BYTES)}, ${count(MAX_ANSWER_VALUES)} JSON values`,
  ],
  ["depth of any JSON answer", `${MAX_ANSWER_DEPTH} levels`],
  [
    "a list of Cloudflare or Authentik",
    `${count(MAX_LIST_ITEMS)} items, ${MAX_LIST_PAGES} pages, ${MAX_LIST_MS / 1_000} s`,
  ],
  ["all lists of one service that are read at the same time", bytes(MAX_LISTS_BYTES)],
  ["Docker's list of containers, as Docker sends it", bytes(MAX_CONTAINER_LIST_BYTES)],
  [
    "the part of that list that cfauth keeps; above it, the containers with the most labels lose some",
    bytes(MAX_CONTAINERS_COST),
  ],
  [
    "the labels kept of one container: for hostnames, paths and access, and the same again for all others",
    bytes(MAX_CONTAINER_COST),
  ],
  ["one label, as Docker sends it; cfauth drops longer ones", bytes(MAX_LABEL_JSON_BYTES)],
  [
    "any other answer of Docker",
    `${bytes(MAX_ENGINE_ANSWER_BYTES)}, ${count(MAX_ENGINE_ANSWER_VALUES)} JSON values`,
  ],
  ["the part of a notification service's answer that cfauth reads", bytes(MAX_RECEIPT_BYTES)],
  ["the part of a public page that `cfauth doctor` reads", bytes(MAX_PAGE_BYTES)],
  ["the part of the daemon's answer that `cfauth status` reads", bytes(MAX_REPORT_BYTES)],
];

const table = (): string =>
  [
    "| limit of | maximum |",
    "|---|---|",
    ...ROWS.map(([what, most]) => `| ${what} | ${most} |`),
  ].join("\n");
