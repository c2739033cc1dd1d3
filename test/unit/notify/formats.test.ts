import { describe, expect, it } from "vitest";
import { parseTargets } from "../../../src/config/notify-target.ts";
import { problemOpened, routeOpened } from "../../../src/notify/event.ts";
import { type NotificationRequest, requestFor } from "../../../src/notify/formats.ts";
import { type Message, messageOf } from "../../../src/notify/message.ts";
import { NOW, problem, route } from "./builders.ts";

const letter = (events = [routeOpened(route("wiki.example.com"), NOW)]): Message => {
  const message = messageOf(events, { id: "m-1", at: NOW, owner: "home-nas", dryRun: false });
  if (message === undefined) throw new Error("no events");
  return message;
};

const request = (url: string, message = letter()): NotificationRequest => {
  const targets = parseTargets(url);
  if (!targets.ok || targets.value[0] === undefined) throw new Error(url);
  return requestFor(targets.value[0], message);
};

const TEXT = "It leads to container app (http://app:80).\nVisitors must log in with Authentik.";

describe("each service gets its documented format", () => {
  it("ntfy gets JSON at the server's root, with the topic in it", () => {
    expect(request("https://ntfy.sh/home-alerts")).toMatchObject({
      url: "https://ntfy.sh/",
      json: {
        topic: "home-alerts",
        title: "cfauth: wiki.example.com is open",
        message: TEXT,
        priority: 3,
        tags: ["unlock"],
        click: "https://wiki.example.com",
      },
    });
  });

  it("ntfy may have a path, a query and an access token as its password", () => {
    const { url, headers } = request(
      "ntfy+https://:tk_AgQdq7mVBoFD37@example.com/push/alerts?cache=no",
    );
    expect(url).toBe("https://example.com/push/?cache=no");
    expect(headers["authorization"]).toBe(
      `Basic ${Buffer.from(":tk_AgQdq7mVBoFD37").toString("base64")}`,
    );
  });

  it("ntfy never gets more than 4096 bytes", () => {
    const { json } = request(
      "https://ntfy.sh/a",
      letter([problemOpened(problem({ message: "𝔘".repeat(5_000) }), NOW)]),
    );
    expect(Buffer.byteLength((json as { message: string }).message)).toBeLessThanOrEqual(4_096);
  });

  it("Gotify gets the token in a header, a priority up to ten and a link", () => {
    expect(request("https://push.example.com/message?token=AbCdEf")).toMatchObject({
      url: "https://push.example.com/message",
      headers: { "x-gotify-key": "AbCdEf" },
      json: {
        title: "cfauth: wiki.example.com is open",
        message: TEXT,
        priority: 5,
        extras: { "client::notification": { click: { url: "https://wiki.example.com" } } },
      },
    });
  });

  it.each([
    "gotify+https://example.com/gotify?token=AbCdEf",
    "gotify+https://example.com/gotify/?token=AbCdEf",
  ])("Gotify may have a path: %s", (url) => {
    expect(request(url).url).toBe("https://example.com/gotify/message");
  });

  it("Discord gets content without mentions or previews", () => {
    expect(request("https://discord.com/api/webhooks/1/abc?thread_id=5")).toMatchObject({
      url: "https://discord.com/api/webhooks/1/abc?thread_id=5",
      json: {
        content: `**cfauth: wiki.example.com is open**\n${TEXT}\n<https://wiki.example.com>`,
        allowed_mentions: { parse: [] },
        flags: 4,
      },
    });
  });

  it("Discord shows names unchanged although they look like Markdown, and gets at most 2000 characters", () => {
    const long = letter([
      problemOpened(problem({ message: `my_app_1 and *.example.com ${"*".repeat(5_000)}` }), NOW),
    ]);
    const { content } = request("https://discord.com/api/webhooks/1/abc", long).json as {
      content: string;
    };
    expect(content).toContain("y\\_app\\_1 and \\*.example.com");
    expect(content.length).toBeLessThanOrEqual(2_000);
  });

  it.each(["https://discord.com/api/webhooks/1/abc", "https://chat.example.com/hooks/key"])(
    "a label's text creates no link and no picture: %s",
    (url) => {
      const lure = letter([
        problemOpened(
          problem({ message: 'cfauth.port="![x](https://evil.example.org)" is not a port' }),
          NOW,
        ),
      ]);
      expect(JSON.stringify(request(url, lure).json)).toContain(
        String.raw`!\\[x\\](https://evil.example.org)`,
      );
    },
  );

  it("Slack gets text with its three special characters escaped", () => {
    const shouting = letter([problemOpened(problem({ message: "<!channel> & co" }), NOW)]);
    expect(
      (request("https://hooks.slack.com/services/T/B/X", shouting).json as { text: string }).text,
    ).toContain("&lt;!channel&gt; &amp; co.");
    expect(Object.keys(request("https://hooks.slack.com/services/T/B/X").json)).toEqual(["text"]);
  });

  it("Mattermost gets Markdown without mentions", () => {
    const shouting = letter([problemOpened(problem({ message: "@all my_app" }), NOW)]);
    const { text } = request("https://chat.example.com/hooks/key", shouting).json as {
      text: string;
    };
    expect(text).toMatch(/^\*\*cfauth: problem with photos\.example\.com\*\* {2}\n/);
    expect(text).toContain("@\u200ball my\\_app");
  });

  it("apprise-api gets a body and one of its four types", () => {
    expect(
      request("http://apprise:8000/notify/cfauth", letter([problemOpened(problem(), NOW)])).json,
    ).toMatchObject({
      title: "cfauth: problem with photos.example.com",
      body: expect.stringContaining("A DNS record"),
      type: "failure",
      format: "text",
    });
  });

  it("any other service gets the message itself, with the headers of Standard Webhooks", () => {
    const message = letter();
    expect(request("https://n8n.example.com/webhook/x", message)).toEqual({
      url: "https://n8n.example.com/webhook/x",
      headers: {
        "user-agent": expect.stringMatching(/^cfauth\//),
        "webhook-id": "m-1",
        "webhook-timestamp": "1795430525",
      },
      json: message,
    });
  });

  it("a user name and password are sent in a header", () => {
    const { url, headers } = request("https://ann:p%40ss@n8n.example.com/webhook/x");
    expect([url, headers["authorization"]]).toEqual([
      "https://n8n.example.com/webhook/x",
      `Basic ${Buffer.from("ann:p@ss").toString("base64")}`,
    ]);
  });
});
