import { docsUrl } from "../core/links.ts";
import { iso } from "../status/report.ts";
import type { EventType, NotificationEvent } from "./event.ts";
import { joinNotices, type NoticeText, noticeLine } from "./notice.ts";

/** What is sent, in the plain format as it stands: public interface. One for all that a pass brought. */
export interface Message {
  /** The same for every try, so that a receiver can tell a second delivery. */
  readonly id: string;
  /** Of the weightiest event. */
  readonly type: EventType;
  readonly timestamp: string;
  readonly title: NoticeText;
  readonly message: NoticeText;
  readonly priority: NotificationEvent["priority"];
  readonly url: string | null;
  readonly owner: string;
  readonly dryRun: boolean;
  /** Of the weightiest event: the route or the problem. */
  readonly data: object;
  /** All events, also where it is one. */
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
  /** Empty while it is not known yet. */
  readonly owner: string;
  readonly dryRun: boolean;
}

/** More events than this are a list of their titles. */
const MOST_TOLD = 3;

/** More titles than this are counted. */
const MOST_LISTED = 20;

/** @returns undefined where there is nothing to tell */
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
      `cfauth${dryRun ? " (dry run)" : ""}: ${events.length === 1 ? first.title : counted(events)}`,
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
  if (events.length <= MOST_TOLD)
    return joinNotices(
      events.map(({ title, message }) => joinNotices([title, message], "\n")),
      "\n\n",
    );
  const more = events.length - MOST_LISTED;
  const titles = events.slice(0, MOST_LISTED).map(({ title }) => noticeLine(`• ${title}`));
  return joinNotices([...titles, ...(more > 0 ? [noticeLine(`and ${more} more`)] : [])], "\n");
}

const WORDS: readonly (readonly [EventType, string, string])[] = [
  ["problem.opened", "problem", "problems"],
  ["route.public", "route PUBLIC", "routes PUBLIC"],
  ["route.changed-hands", "route changed hands", "routes changed hands"],
  ["route.opened", "route opened", "routes opened"],
  ["route.closed", "route closed", "routes closed"],
  ["problem.solved", "problem solved", "problems solved"],
];

const counted = (events: readonly NotificationEvent[]): string =>
  WORDS.flatMap(([type, one, many]) => {
    const count = events.filter((event) => event.type === type).length;
    return count === 0 ? [] : [`${count} ${count === 1 ? one : many}`];
  }).join(", ");

export const testEvent: NotificationEvent = {
  type: "test",
  title: noticeLine("a test"),
  message: noticeLine(
    "Messages from cfauth arrive here: when a route opens, closes or becomes public, and when a problem comes or goes.",
  ),
  priority: 3,
  url: docsUrl("notifications.md"),
  data: {},
};
