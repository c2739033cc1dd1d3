/**
 * Limits on what cfauth reads from other services. Sizes are bytes after decompression. Real
 * responses stay far below these limits. The largest are 500 Access applications with their
 * policies (3 MB) and 2,000 containers (12 MB, of which cfauth keeps 4).
 */

/** One response of Cloudflare or Authentik. */
export const MAX_ANSWER_BYTES = 4 * 1024 * 1024;

/** JSON values in one response. Each one costs memory, however short its text is. */
export const MAX_ANSWER_VALUES = 400_000;

/** Nesting depth of any response. Recursive code would run out of stack on a deeper one. */
export const MAX_ANSWER_DEPTH = 64;

/** All pages of all lists that are read from one service at the same time. */
export const MAX_LISTS_BYTES = 8 * 1024 * 1024;

/** Pages of one list. No real list has more at the page sizes that cfauth requests. */
export const MAX_LIST_PAGES = 200;

/** Items of one list. */
export const MAX_LIST_ITEMS = 10_000;

/** Total response time of one list, without the time in the queue. Milliseconds. */
export const MAX_LIST_MS = 120_000;

/** One response of the Docker engine about itself, a network or an image. */
export const MAX_ENGINE_ANSWER_BYTES = 4 * 1024 * 1024;

/** JSON values in such a response. */
export const MAX_ENGINE_ANSWER_VALUES = 200_000;

/**
 * The container list as the engine sends it. It is read as a stream, so this limits time, not
 * memory.
 */
export const MAX_CONTAINER_LIST_BYTES = 1024 * 1024 * 1024;

/**
 * The memory for the kept part of the container list, overhead included. Above it, the containers
 * with the most labels and ports lose some of them; the others lose nothing.
 */
export const MAX_CONTAINERS_COST = 8 * 1024 * 1024;

/**
 * The budget for one container's ports, for its labels that say where it is reached, and again for
 * its other labels.
 */
export const MAX_CONTAINER_COST = 1024 * 1024;

/** If there are so many containers that each could keep less than this, the list is rejected. */
export const MIN_CONTAINER_COST = 4 * 1024;

/**
 * Name and value of one label as JSON. It fits the longest valid label with each character escaped,
 * such as `\u003c`.
 */
export const MAX_LABEL_JSON_BYTES = 128 * 1024;

/**
 * The response of a notification service. Only its status matters; the body is read so that the
 * connection ends cleanly.
 */
export const MAX_RECEIPT_BYTES = 64 * 1024;

/** A page on the public internet that doctor reads. */
export const MAX_PAGE_BYTES = 64 * 1024;

/** The response of a running daemon to `cfauth status`. */
export const MAX_REPORT_BYTES = 16 * 1024 * 1024;

export const MAX_REPORT_VALUES = 1_000_000;
