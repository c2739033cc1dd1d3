import { decodeUrlPart, type Format, type Target, topicOf } from "../config/notify-target.ts";
import { VERSION } from "../core/version.ts";
import type { EventType } from "./event.ts";
import type { Message } from "./message.ts";

/** One POST. */
export interface NotificationRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly json: object;
}

/** Formats the message as the target's service expects it. */
export function requestFor({ format, url }: Target, message: Message): NotificationRequest {
  const address = new URL(url.reveal());
  const login = {
    username: decodeUrlPart(address.username),
    password: decodeUrlPart(address.password),
  };
  address.username = "";
  address.password = "";
  const { to = address.href, headers, json } = FORMATTERS[format](message, address);
  return {
    url: to,
    headers: {
      "user-agent": `cfauth/${VERSION}`,
      ...(login.username + login.password !== "" && { authorization: basic(login) }),
      ...headers,
    },
    json,
  };
}

/** The user name may be empty: ntfy takes an access token as the password. */
const basic = ({
  username,
  password,
}: {
  readonly username: string;
  readonly password: string;
}): string => `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;

interface Payload {
  /** Only if it differs from the target's address. */
  readonly to?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly json: object;
}

const FORMATTERS: Readonly<Record<Format, (message: Message, address: URL) => Payload>> = {
  /**
   * JSON is posted to the server's root and contains the topic; a message of more than 4096 bytes
   * would become a file (docs.ntfy.sh/publish, checked 2026-11).
   */
  ntfy: ({ type, title, message, priority, url }, address) => ({
    to: new URL(`${address.pathname.replace(/[^/]*\/?$/, "")}${address.search}`, address).href,
    json: {
      topic: topicOf(address),
      title: truncate(title, 200),
      message: truncate(message, 1_000),
      priority,
      tags: [NTFY_TAGS[type]],
      ...(url !== null && { click: url }),
    },
  }),

  /**
   * Fields from gotify/server model/message.go, priorities 0 to 10. The token is sent in a header,
   * because query strings end up in logs. Checked 2026-11.
   */
  gotify: ({ title, message, priority, url }, address) => {
    const to = new URL(address);
    to.pathname = `${to.pathname.replace(/\/(message)?\/?$/, "")}/message`;
    to.searchParams.delete("token");
    return {
      to: to.href,
      headers: { "x-gotify-key": address.searchParams.get("token") ?? "" },
      json: {
        title,
        message,
        priority: GOTIFY_PRIORITIES[priority],
        ...(url !== null && { extras: { "client::notification": { click: { url } } } }),
      },
    };
  },

  /**
   * At most 2000 characters. Flag 4 suppresses link previews, and mentions are disabled
   * (discord.com/developers, Execute Webhook, checked 2026-11).
   */
  discord: ({ title, message, url }) => ({
    json: {
      content: `**${truncate(markdown(title), 200)}**\n${truncate(markdown(message), 1_400)}${url === null ? "" : `\n<${url}>`}`,
      allowed_mentions: { parse: [] },
      flags: 4,
    },
  }),

  /** Three characters must be escaped (api.slack.com/docs/message-formatting, checked 2026-11). */
  slack: ({ title, message, url }) => ({
    json: { text: slackText([title, message, ...(url === null ? [] : [url])].join("\n")) },
  }),

  /** Markdown (docs.mattermost.com, incoming webhooks, checked 2026-11). */
  mattermost: ({ title, message, url }) => ({
    json: {
      text: [
        `**${markdown(title)}**`,
        ...markdown(message).split("\n"),
        ...(url === null ? [] : [url]),
      ].join("  \n"),
    },
  }),

  /** `body` is required, `type` one of four (caronc/apprise-api README, checked 2026-11). */
  apprise: ({ type, title, message, url }) => ({
    json: {
      title,
      body: url === null ? message : `${message}\n${url}`,
      type: APPRISE[type],
      format: "text",
    },
  }),

  /** Headers of Standard Webhooks; unsigned. */
  json: (message) => ({
    headers: {
      "webhook-id": message.id,
      "webhook-timestamp": String(Math.floor(Date.parse(message.timestamp) / 1_000)),
    },
    json: message,
  }),
};

const NTFY_TAGS: Readonly<Record<EventType, string>> = {
  "route.opened": "unlock",
  "route.closed": "lock",
  "route.public": "globe_with_meridians",
  "route.changed-hands": "busts_in_silhouette",
  "problem.opened": "warning",
  "problem.solved": "white_check_mark",
  test: "bell",
};

const GOTIFY_PRIORITIES: Readonly<Record<Message["priority"], number>> = { 2: 3, 3: 5, 4: 8 };

const APPRISE: Readonly<Record<EventType, "info" | "success" | "warning" | "failure">> = {
  "route.opened": "info",
  "route.closed": "info",
  "route.public": "warning",
  "route.changed-hands": "warning",
  "problem.opened": "failure",
  "problem.solved": "success",
  test: "info",
};

/**
 * Escapes Markdown's special characters. A URL stays unescaped up to the first character that could
 * form a link or an image.
 */
const escapeMarkdown = (text: string): string =>
  text.replace(/https?:\/\/[\w.\-/:?#=&%+,;]+|[\\*_`~|[\]<>#]/g, (it) =>
    it.length > 1 ? it : `\\${it}`,
  );

/** A name after @ would notify people, so an invisible character separates the two. */
const withoutMentions = (text: string): string => text.replaceAll("@", "@\u200b");

const markdown = (text: string): string => withoutMentions(escapeMarkdown(text));

const slackText = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

/** @param max - in characters, each at most four bytes long */
function truncate(text: string, max: number): string {
  const characters = [...text];
  return characters.length <= max ? text : `${characters.slice(0, max - 1).join("")}…`;
}
