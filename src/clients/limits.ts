/**
 * The most that cfauth reads of what others answer. Sizes are bytes after decompression. An honest answer stays far below each of
 * these: the largest are 500 Access applications with their policies (3 MB) and 2,000 containers (12 MB, of which cfauth keeps 4).
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

/** One answer of the Docker engine about itself, a network or an image. */
export const MAX_ENGINE_ANSWER_BYTES = 4 * 1024 * 1024;

/** JSON values in it. */
export const MAX_ENGINE_ANSWER_VALUES = 200_000;

/** The list of containers as the engine sends it. It is read as a stream, so this limits time and not memory. */
export const MAX_CONTAINER_LIST_BYTES = 1024 * 1024 * 1024;

/**
 * What is kept of the list of containers, with what it takes in memory beside its text. Beyond it the containers with the most labels
 * and ports lose some of them, and the others lose nothing.
 */
export const MAX_CONTAINERS_COST = 8 * 1024 * 1024;

/** What is kept of one container's ports, of its labels that say where it is reached, and as much again of its other labels. */
export const MAX_CONTAINER_COST = 1024 * 1024;

/** Where there are so many containers that each could keep only less than this, the list is refused. */
export const MIN_CONTAINER_COST = 4 * 1024;

/** Name and value of one label, as JSON: enough for the longest that is obeyed, with each character written as `\u003c`. */
export const MAX_LABEL_JSON_BYTES = 128 * 1024;

/** What a notification service answers. Only its status matters; the rest is read so that the connection ends well. */
export const MAX_RECEIPT_BYTES = 64 * 1024;

/** A page on the public internet that doctor looks at. */
export const MAX_PAGE_BYTES = 64 * 1024;

/** What a running daemon answers to `cfauth status`. */
export const MAX_REPORT_BYTES = 16 * 1024 * 1024;

export const MAX_REPORT_VALUES = 1_000_000;
