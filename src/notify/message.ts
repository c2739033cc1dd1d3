import { docsUrl } from "../core/links.ts";
import { iso } from "../status/report.ts";
import type { EventType, NotificationEvent } from "./event.ts";
import { joinNotices, type NoticeText, noticeLine } from "./notice.ts";

/**
 * The message as the plain webhook format sends it: public interface. One message contains all
 * events of a pass.
 */
export interface Message {
  /** The same for every attempt, so that a receiver can detect duplicates. */
  readonly id: string;
  /** Of the event with the highest priority. */
  readonly type: EventType;
  readonly timestamp: string;
  readonly title: NoticeText;
  readonly message: NoticeText;
  readonly priority: NotificationEvent["priority"];
  readonly url: string | null;
  readonly owner: string;
  readonly dryRun: boolean;
  /** The route or problem of the event with the highest priority. */
  readonly data: object;
  /** All events, even if there is only one. */
  readonly events: readonly {
    readonly type: EventType;
    readonly title: NoticeText;
    readonly message: NoticeText;
    readonly url: string | null;
    readonly data: object;
  }[];
}

export interface MessageMeta {
  readonly id: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** Empty while it is not known. */
  readonly owner: string;
  readonly dryRun: boolean;
}

/** With more events than this, the message lists only their titles. */
const MAX_IN_FULL = 3;

/** Further titles are only counted. */
const MAX_LISTED = 20;

/** @returns undefined if there are no events */
export function messageOf(
  events: readonly NotificationEvent[],
  { id, at, owner, dryRun }: MessageMeta,
): Message | undefined {
  const [first] = events.toSorted((a, b) => b.priority - a.priority);
  if (first === undefined) return undefined;
  return {
    id,
    type: first.type,
    timestamp: iso(at),
    title: noticeLine(
      `cfauth${dryRun ? " (dry run)" : ""}: ${events.length === 1 ? first.title : countEvents(events)}`,
    ),
    message: textOf(events),
    priority: first.priority,
    url: events.length === 1 ? (first.url ?? null) : null,
    owner,
    dryRun,
    data: first.data,
    events: events.map(({ type, title, message, url, data }) => ({
      type,
      title,
      message,
      url: url ?? null,
      data,
    })),
  };
}

function textOf(events: readonly NotificationEvent[]): NoticeText {
  const [only, ...others] = events;
  if (only !== undefined && others.length === 0) return only.message;
  if (events.length <= MAX_IN_FULL)
    return joinNotices(
      events.map(({ title, message }) => joinNotices([title, message], "\n")),
      "\n\n",
    );
  const more = events.length - MAX_LISTED;
  const titles = events.slice(0, MAX_LISTED).map(({ title }) => noticeLine(`• ${title}`));
  return joinNotices([...titles, ...(more > 0 ? [noticeLine(`and ${more} more`)] : [])], "\n");
}

const EVENT_NAMES: readonly (readonly [EventType, string, string])[] = [
  ["problem.opened", "problem", "problems"],
  ["route.public", "route PUBLIC", "routes PUBLIC"],
  ["route.changed-hands", "route changed hands", "routes changed hands"],
  ["route.opened", "route opened", "routes opened"],
  ["route.closed", "route closed", "routes closed"],
  ["problem.solved", "problem solved", "problems solved"],
];

const countEvents = (events: readonly NotificationEvent[]): string =>
  EVENT_NAMES.flatMap(([type, one, many]) => {
    const count = events.filter((event) => event.type === type).length;
    return count === 0 ? [] : [`${count} ${count === 1 ? one : many}`];
  }).join(", ");

export const testEvent: NotificationEvent = {
  type: "test",
  title: noticeLine("test message"),
  message: noticeLine(
    "Notifications from cfauth arrive here: when a route opens, closes or becomes public, and when a problem appears or is solved.",
  ),
  priority: 3,
  url: docsUrl("notifications.md"),
  data: {},
};
