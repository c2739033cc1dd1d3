import { decoded, type Format, type Target, topicOf } from "../config/notify-target.ts";
import { VERSION } from "../core/version.ts";
import type { EventType } from "./event.ts";
import type { Message } from "./message.ts";

/** One POST. */
export interface NotificationRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly json: object;
}

/** The message as the target's service takes it. */
export function requestFor({ format, url }: Target, message: Message): NotificationRequest {
  const address = new URL(url.reveal());
  const login = { username: decoded(address.username), password: decoded(address.password) };
  address.username = "";
  address.password = "";
  const { to = address.href, headers, json } = SERVICES[format](message, address);
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

/** A name may be left out: ntfy takes an access token as a password without one. */
const basic = ({
  username,
  password,
}: {
  readonly username: string;
  readonly password: string;
}): string => `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;

interface Letter {
  /** Where it is another address than the target's. */
  readonly to?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly json: object;
}

const SERVICES: Readonly<Record<Format, (message: Message, address: URL) => Letter>> = {
  /** JSON goes to the server's root, with the topic in it; a message of more than 4096 bytes would become a file (docs.ntfy.sh/publish, checked 2026-11). */
  ntfy: ({ type, title, message, priority, url }, address) => ({
    to: new URL(`${address.pathname.replace(/[^/]*\/?$/, "")}${address.search}`, address).href,
    json: {
      topic: topicOf(address),
      title: clipped(title, 200),
      message: clipped(message, 1_000),
      priority,
      tags: [TAGS[type]],
      ...(url !== null && { click: url }),
    },
  }),

  /** Fields of gotify/server model/message.go, priorities 0 to 10; the token goes into a header, as query strings end up in logs. Checked 2026-11. */
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
        priority: GOTIFY[priority],
        ...(url !== null && { extras: { "client::notification": { click: { url } } } }),
      },
    };
  },

  /** At most 2000 characters; flag 4 shows no preview of links, and nobody is called by name (discord.com/developers, Execute Webhook, checked 2026-11). */
  discord: ({ title, message, url }) => ({
    json: {
      content: `**${clipped(markdown(title), 200)}**\n${clipped(markdown(message), 1_400)}${url === null ? "" : `\n<${url}>`}`,
      allowed_mentions: { parse: [] },
      flags: 4,
    },
  }),

  /** Three characters are to be escaped (api.slack.com/docs/message-formatting, checked 2026-11). */
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

const TAGS: Readonly<Record<EventType, string>> = {
  "route.opened": "unlock",
  "route.closed": "lock",
  "route.public": "globe_with_meridians",
  "route.changed-hands": "busts_in_silhouette",
  "problem.opened": "warning",
  "problem.solved": "white_check_mark",
  test: "bell",
};

const GOTIFY: Readonly<Record<Message["priority"], number>> = { 2: 3, 3: 5, 4: 8 };

const APPRISE: Readonly<Record<EventType, "info" | "success" | "warning" | "failure">> = {
  "route.opened": "info",
  "route.closed": "info",
  "route.public": "warning",
  "route.changed-hands": "warning",
  "problem.opened": "failure",
  "problem.solved": "success",
  test: "info",
};

/** Markdown's own characters as text. An address stays as it is, as far as it has none that could form a link or a picture. */
const escapeMarkdown = (text: string): string =>
  text.replace(/https?:\/\/[\w.\-/:?#=&%+,;]+|[\\*_`~|[\]<>#]/g, (it) =>
    it.length > 1 ? it : `\\${it}`,
  );

/** A name behind an @ would call people: an invisible character parts the two. */
const withoutMentions = (text: string): string => text.replaceAll("@", "@\u200b");

const markdown = (text: string): string => withoutMentions(escapeMarkdown(text));

const slackText = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

/** @param most - characters; none has more than four bytes */
function clipped(text: string, most: number): string {
  const characters = [...text];
  return characters.length <= most ? text : `${characters.slice(0, most - 1).join("")}…`;
}
