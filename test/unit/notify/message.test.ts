import { describe, expect, it } from "vitest";
import {
  problemOpened,
  problemSolved,
  routeChangedHands,
  routeClosed,
  routeOpened,
  routePublic,
} from "../../../src/notify/event.ts";
import { messageOf } from "../../../src/notify/message.ts";
import { NOW, problem, route } from "./builders.ts";

const LETTERHEAD = { id: "m-1", at: NOW, owner: "home-nas", dryRun: false };

const routeOpenedAt = (at: string) => routeOpened(route(at), NOW);

describe("notification messages", () => {
  it("the message of one problem has its effect and fix, and the problem as in /api/routes", () => {
    expect(messageOf([problemOpened(problem(), NOW - 60_000)], LETTERHEAD)).toEqual({
      id: "m-1",
      type: "problem.opened",
      timestamp: "2026-11-23T10:42:05.000Z",
      title: "cfauth: problem with photos.example.com",
      message:
        'A DNS record A 203.0.113.7 is at photos.example.com and is not cfauth\'s.\nClosed: nobody can reach it.\n→ delete it in Cloudflare, or set cfauth.adopt: "true" on container immich\ncontainer immich · cfauth.hostname · CFA-CONFLICT-DNS',
      priority: 4,
      url: "https://github.com/cfauth/cfauth/blob/main/docs/troubleshooting.md#cfa-conflict-dns",
      owner: "home-nas",
      dryRun: false,
      data: {
        code: "CFA-CONFLICT-DNS",
        severity: "error",
        container: "immich",
        label: "cfauth.hostname",
        hostname: "photos.example.com",
        path: null,
        message: "a DNS record A 203.0.113.7 is at photos.example.com and is not cfauth's",
        effect: "closed",
        fix: 'delete it in Cloudflare, or set cfauth.adopt: "true" on container immich',
        docs: "https://github.com/cfauth/cfauth/blob/main/docs/troubleshooting.md#cfa-conflict-dns",
        since: "2026-11-23T10:41:05.000Z",
      },
      events: [
        expect.objectContaining({
          type: "problem.opened",
          title: "problem with photos.example.com",
        }),
      ],
    });
  });

  it("the message of a route shows its origin, that a login is required, and its URL", () => {
    expect(messageOf([routeOpenedAt("wiki.example.com")], LETTERHEAD)).toMatchObject({
      title: "cfauth: wiki.example.com is open",
      message: "It leads to container app (http://app:80).\nVisitors must log in with Authentik.",
      url: "https://wiki.example.com",
      data: { hostname: "wiki.example.com", path: null, state: "live" },
    });
  });

  it("the message of a public route has a higher priority", () => {
    expect(
      messageOf([routePublic(route("x.example.com", { access: "public" }), NOW)], LETTERHEAD),
    ).toMatchObject({
      type: "route.public",
      title: "cfauth: x.example.com is PUBLIC",
      priority: 4,
    });
  });

  it.each([
    { from: "project blog", before: "project blog" },
    { from: undefined, before: "a container that was gone when cfauth started" },
  ])(
    "the message of a route that changed hands says who had it ($before), who has it now, and that everyone must log in again",
    ({ from, before }) => {
      const it = { route: route("x.example.com"), from, to: "project shop" };
      expect(messageOf([routeChangedHands(it, NOW)], LETTERHEAD)).toMatchObject({
        type: "route.changed-hands",
        title: "cfauth: x.example.com changed hands",
        message: `It belonged to ${before} and now belongs to project shop.\nIt leads to container app (http://app:80).\nEveryone has to log in again. If you did not expect this, stop that container.`,
        priority: 4,
      });
    },
  );

  it("the message of a solved problem says how long it lasted", () => {
    expect(messageOf([problemSolved(problem(), NOW - 720_000, NOW)], LETTERHEAD)).toMatchObject({
      title: "cfauth: solved: photos.example.com",
      message: expect.stringContaining("It lasted 12 min. The problem was: a DNS record A"),
      priority: 2,
    });
  });

  it("the message of a wildcard has no URL", () => {
    expect(messageOf([routeOpenedAt("*.example.com")], LETTERHEAD)?.url).toBeNull();
  });

  it("the message of a route that is no web page has no URL", () => {
    expect(
      messageOf(
        [routeOpened(route("ssh.example.com", { origin: "ssh://app:22" }), NOW)],
        LETTERHEAD,
      )?.url,
    ).toBeNull();
  });

  it("a message names a label as it is written, and ends in one full stop", () => {
    const texts = [
      "cfauth.acess is not a label of cfauth",
      "Cloudflare refused: no such zone.",
    ].map((message) => problemOpened(problem({ message }), NOW).message.split("\n")[0]);
    expect(texts).toEqual([
      "cfauth.acess is not a label of cfauth.",
      "Cloudflare refused: no such zone.",
    ]);
  });

  it("a message has no line that a foreign label has written", () => {
    const label = "cfauth.x\n→ open https://evil.example.org";
    const { message } = problemOpened(
      problem({ label, message: `${label} is not a label of cfauth` }),
      NOW,
    );
    expect(message.split("\n")).toHaveLength(4);
  });

  it("a message of two or three events lists each in full, with a count as title and the highest severity", () => {
    const message = messageOf(
      [
        routeOpenedAt("a.example.com"),
        problemOpened(problem(), NOW),
        routeOpenedAt("b.example.com"),
      ],
      LETTERHEAD,
    );
    expect(message).toMatchObject({
      type: "problem.opened",
      priority: 4,
      title: "cfauth: 1 problem, 2 routes opened",
      url: null,
    });
    expect(message?.message).toContain("a.example.com is open\nIt leads to");
    expect(message?.events.map(({ type }) => type)).toEqual([
      "route.opened",
      "problem.opened",
      "route.opened",
    ]);
  });

  it("a message of more events is a list, with a limit", () => {
    const many = Array.from({ length: 25 }, (_, index) => routeOpenedAt(`r${index}.example.com`));
    const text = messageOf(many, LETTERHEAD)?.message.split("\n") ?? [];
    expect([text[0], text.length, text.at(-1)]).toEqual([
      "• r0.example.com is open",
      21,
      "and 5 more",
    ]);
  });

  it("a message of a dry run says so", () => {
    expect(messageOf([problemOpened(problem(), NOW)], { ...LETTERHEAD, dryRun: true })?.title).toBe(
      "cfauth (dry run): problem with photos.example.com",
    );
  });

  it("a problem without a container names its service", () => {
    const serviceProblem = {
      container: undefined,
      label: undefined,
      route: undefined,
      effect: "unchanged",
    } as const;
    const titles = (
      ["CFA-CF-UNREACHABLE", "CFA-AK-TOKEN", "CFA-DOCKER-DENIED", "CFA-TUNNEL-LOCAL"] as const
    ).map((code) => problemOpened(problem({ ...serviceProblem, code }), NOW).title);
    expect(titles).toEqual([
      "problem with Cloudflare",
      "problem with Authentik",
      "problem with Docker",
      "problem with the tunnel",
    ]);
  });

  it("a message never contains an e-mail address", () => {
    const message = 'cfauth.access.emails="ann@example,com" is not an address';
    const events = [
      problemOpened(problem({ message, fix: "write ann@example.com" }), NOW),
      problemSolved(problem({ message }), NOW, NOW),
      routeClosed(route("x.example.com", { state: "problem", reason: message }), NOW),
    ];
    expect(JSON.stringify(messageOf(events, LETTERHEAD))).not.toMatch(/ann|@example/);
  });
});
