/**
 * The most that cfauth reads of what others answer. Sizes are bytes after decompression. An honest answer stays far below each of
 * these: the largest are 500 Access applications with their policies (3 MB) and 2,000 containers (12 MB).
 */

/** One answer of Cloudflare or Authentik. */
export const MAX_ANSWER_BYTES = 4 * 1024 * 1024;

/** JSON values in one answer: each costs memory, however short it is written. */
export const MAX_ANSWER_VALUES = 400_000;

/** Lists and objects within one another, in any answer: what follows a deeper one would run out of stack. */
export const MAX_ANSWER_DEPTH = 64;

/** All pages of the lists of one service that are read at the same time. */
export const MAX_LISTS_BYTES = 8 * 1024 * 1024;

/** One list: more pages than any honest one has at the page sizes that are asked for. */
export const MAX_LIST_PAGES = 200;

/** One list. */
export const MAX_LIST_ITEMS = 10_000;

/** Time that the answers of one list take together, waits for a turn not counted. Milliseconds. */
export const MAX_LIST_MS = 120_000;

/** One answer of the Docker engine. */
export const MAX_ENGINE_ANSWER_BYTES = 16 * 1024 * 1024;

/** JSON values in it: a container that is listed has about 150. */
export const MAX_ENGINE_ANSWER_VALUES = 600_000;

/** What a notification service answers. Only its status matters; the rest is read so that the connection ends well. */
export const MAX_RECEIPT_BYTES = 64 * 1024;

/** A page on the public internet that doctor looks at. */
export const MAX_PAGE_BYTES = 64 * 1024;

/** What a running daemon answers to `cfauth status`. */
export const MAX_REPORT_BYTES = 16 * 1024 * 1024;

export const MAX_REPORT_VALUES = 1_000_000;
