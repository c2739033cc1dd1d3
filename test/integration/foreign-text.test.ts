/** Hostile text from labels, names and vendors, followed to every output that a person or a program reads. */
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it } from "vitest";
import { cli } from "../../src/cli/cli.ts";
import { parseTargets } from "../../src/config/notify-target.ts";
import type { Owner } from "../../src/core/domain/owner.ts";
import type { Problem } from "../../src/core/domain/problem.ts";
import { ServiceError } from "../../src/core/errors.ts";
import { createTerminal } from "../../src/core/terminal.ts";
import { jsonDocument } from "../../src/core/text/json-text.ts";
import type { CheckResults, DoctorCheck } from "../../src/doctor/findings.ts";
import { diagnosisJson } from "../../src/doctor/json.ts";
import { groupText } from "../../src/doctor/text.ts";
import type { Html } from "../../src/http/page/html.ts";
import { pageHtml } from "../../src/http/page/page.ts";
import { createLog, type LogStream } from "../../src/log/log.ts";
import { createMetrics } from "../../src/metrics/metrics.ts";
import { deliver } from "../../src/notify/deliver.ts";
import {
  type NotificationEvent,
  problemOpened,
  problemSolved,
  routeClosed,
  routeOpened,
  routePublic,
} from "../../src/notify/event.ts";
import { requestFor } from "../../src/notify/formats.ts";
import { messageOf } from "../../src/notify/message.ts";
import { failureReport, planReport } from "../../src/preview/json.ts";
import { closingLines, sectionLines } from "../../src/preview/text.ts";
import { createLogSink } from "../../src/status/log-sink.ts";
import type { RouteStatus } from "../../src/status/report.ts";
import { decoded, exposure, key, plain, tcp, workload } from "../support/builders.ts";
import { expectHarmless, HOSTILE } from "../support/hostile-text.ts";
import { pageOf, reportedProblem, reportedRoute, reportOf } from "../unit/http/reports.ts";
import { news } from "../unit/notify/builders.ts";
import { empty, previewOf } from "../unit/preview/scene.ts";

const NOW = Date.parse("2026-11-23T10:42:05Z");
const OWNER = "home" as Owner;

/** What cfauth reports about a container whose name, service and labels are hostile. */
const LABELLED = decoded([
  workload(
    {
      "cfauth.hostname": "a.example.com",
      [`cfauth.${HOSTILE}`]: "x",
      "cfauth.port": HOSTILE,
      "cfauth.access.groups": HOSTILE,
    },
    { name: HOSTILE, service: { project: HOSTILE, name: HOSTILE }, ports: [tcp(80)] },
  ),
]).problems;

const VENDOR = new ServiceError({
  service: "cloudflare",
  code: "CFA-CF-REFUSED",
  message: `Cloudflare refused: ${HOSTILE}`,
  fix: `look at ${HOSTILE}`,
  transient: false,
  vendor: [HOSTILE],
  cause: new Error(HOSTILE),
});

const PROBLEMS: readonly Problem[] = [
  ...LABELLED,
  {
    code: "CFA-CONFLICT-DNS",
    severity: "error",
    container: HOSTILE,
    label: `cfauth.${HOSTILE}`,
    route: key("a.example.com"),
    message: `${HOSTILE} is in the way`,
    effect: "closed",
    fix: HOSTILE,
  },
];

const ROUTE: RouteStatus = {
  key: key("a.example.com"),
  container: HOSTILE,
  origin: `http://${HOSTILE}:80`,
  access: "authentik",
  state: "problem",
  reason: HOSTILE,
  who: HOSTILE,
  fault: { code: "CFA-CONFLICT-DNS", fix: HOSTILE },
};

const REPORT = reportOf({
  routes: [
    reportedRoute("a.example.com", {
      container: HOSTILE,
      origin: HOSTILE,
      who: HOSTILE,
      state: "waiting",
      reason: HOSTILE,
    }),
    reportedRoute("b.example.com", {
      container: HOSTILE,
      origin: HOSTILE,
      state: "problem",
      effect: "closed",
      reason: HOSTILE,
      fix: HOSTILE,
    }),
    reportedRoute("c.example.com", { container: HOSTILE, origin: null, who: null }),
  ],
  problems: [
    reportedProblem({
      container: HOSTILE,
      label: HOSTILE,
      hostname: null,
      message: HOSTILE,
      fix: HOSTILE,
    }),
    reportedProblem({
      container: HOSTILE,
      label: HOSTILE,
      hostname: "b.example.com",
      message: HOSTILE,
      fix: HOSTILE,
    }),
  ],
});

const preview = () =>
  previewOf(
    empty(),
    [
      exposure("wiki.example.com", {
        workload: HOSTILE,
        origin: { service: `http://${HOSTILE}:80`, options: { httpHostHeader: HOSTILE } },
        display: { ...plain, name: HOSTILE, description: HOSTILE, category: HOSTILE },
      }),
    ],
    PROBLEMS,
  );

interface Paper {
  readonly text: () => string;
  readonly terminal: ReturnType<typeof createTerminal>;
}

function paper(isTTY = false): Paper {
  const written: string[] = [];
  const terminal = createTerminal({ write: (text: string) => written.push(text), isTTY }, {});
  return {
    terminal,
    text: () => written.join("").replaceAll(/\u001b\[(?:1|2|22|3[1236]|39)m/g, ""),
  };
}

/** Runs `cfauth status` for a server that answers with this report unchanged. */
async function status(isTTY: boolean, ...options: readonly string[]): Promise<string> {
  await using server = await stub(
    (_request, response) => void response.end(JSON.stringify(REPORT)),
  );
  const { terminal, text } = paper(isTTY);
  await cli(["status", ...options], {
    env: { CFAUTH_LISTEN: `127.0.0.1:${server.port}` },
    readText: () => "",
    out: terminal,
    err: terminal,
    stop: new AbortController().signal,
    ask: async () => undefined,
  });
  return text();
}

/** An HTTP server on any free port, until it is disposed. */
async function stub(answer: RequestListener): Promise<AsyncDisposable & { readonly port: number }> {
  const server = createServer(answer);
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  return {
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: () => new Promise((closed) => server.close(() => closed())),
  };
}

const CHECK: DoctorCheck = {
  id: "routes.label",
  title: HOSTILE,
  result: "fail",
  detail: HOSTILE,
  code: "CFA-CONFLICT-DNS",
  fixes: [HOSTILE],
  container: HOSTILE,
  label: HOSTILE,
};
const GROUP: CheckResults = {
  id: "routes",
  title: "Routes",
  result: "fail",
  headline: HOSTILE,
  checks: [CHECK, { ...CHECK, listed: true }, { ...CHECK, result: "warn" }],
};

function logged(format: "json" | "pretty"): string {
  const written: string[] = [];
  const log = createLog({
    level: "trace",
    format,
    secrets: [],
    stream: { write: (text) => written.push(text) },
  });
  const teller = createLogSink(log);
  teller.transitions?.(
    news({
      problems: PROBLEMS,
      solved: PROBLEMS,
      opened: [ROUTE],
      published: [ROUTE],
      closed: [ROUTE],
      waiting: [ROUTE],
      closing: [ROUTE],
      changed: [{ route: ROUTE, origin: HOSTILE, entrants: HOSTILE }],
    }),
    NOW,
  );
  log.error({ err: VENDOR, [HOSTILE]: HOSTILE }, "change failed");
  return written.join("");
}

const EVENTS: readonly NotificationEvent[] = [
  ...PROBLEMS.flatMap((problem) => [problemOpened(problem, NOW), problemSolved(problem, NOW, NOW)]),
  routeOpened(ROUTE, NOW),
  routePublic(ROUTE, NOW),
  routeClosed(ROUTE, NOW),
];

describe("hostile text from labels, names and vendors", () => {
  it("hostile text is harmless on the status page", () => {
    expectHarmless(pageHtml(REPORT, "b1"));
  });

  it("hostile text is harmless in /api/routes, which still contains all of it for programs", async () => {
    const page = await pageOf(() => REPORT);
    const text = await (await fetch(`http://127.0.0.1:${page.port}/api/routes`)).text();
    await page.close();
    expectHarmless(text);
    expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(REPORT)));
  });

  it.each([true, false])(
    "hostile text is harmless in cfauth status (on a terminal: %s)",
    async (isTTY) => {
      const text = await status(isTTY);
      expect(text).toContain("FORGED");
      expectHarmless(text);
    },
  );

  it("hostile text is harmless in cfauth status --json", async () => {
    const text = await status(false, "--json");
    expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(REPORT)));
    expectHarmless(text);
  });

  it.each([true, false])(
    "hostile text is harmless in cfauth plan, apply and destroy (on a terminal: %s)",
    async (isTTY) => {
      const { terminal, text } = paper(isTTY);
      const plan = await preview();
      terminal.write(terminal.lines(...sectionLines(plan, OWNER, terminal), ...closingLines(plan)));
      expect(text()).toContain("FORGED");
      expectHarmless(text());
    },
  );

  it("hostile text is harmless in cfauth plan --json, even if nothing could be planned", async () => {
    expectHarmless(jsonDocument(planReport(await preview(), OWNER)));
    expectHarmless(jsonDocument(failureReport(VENDOR)));
  });

  it.each([true, false])(
    "hostile text is harmless in cfauth doctor (on a terminal: %s)",
    (isTTY) => {
      const { terminal, text } = paper(isTTY);
      terminal.write(groupText(GROUP, terminal));
      expect(text()).toContain("FORGED");
      expectHarmless(text());
    },
  );

  it("hostile text is harmless in cfauth doctor --json", () => {
    expectHarmless(jsonDocument(diagnosisJson({ groups: [GROUP] }, "1.2.3")));
  });

  it("hostile text is harmless in a command's error about an unknown argument", async () => {
    const { terminal, text } = paper();
    const context = {
      env: {},
      readText: () => "",
      out: terminal,
      err: terminal,
      stop: new AbortController().signal,
    };
    expect(await cli([HOSTILE], { ...context, ask: async () => undefined })).toBe(64);
    expect(text()).toContain("FORGED");
    expectHarmless(text());
  });

  it("hostile text is harmless in a command's unexpected error, which is shown without its fields", async () => {
    const { terminal, text } = paper();
    const error = Object.assign(new Error(`${HOSTILE}\nFORGED\n    at FORGED`), {
      headers: { authorization: "Bearer abc" },
    });
    const failing = {
      out: terminal,
      err: terminal,
      stop: new AbortController().signal,
      ask: async () => undefined,
      readText: () => "",
    };
    const environment = new Proxy<Record<string, string>>(
      {},
      {
        ownKeys: () => {
          throw error;
        },
      },
    );
    expect(await cli(["plan"], { ...failing, env: environment })).toBe(1);
    expect(text()).toContain("please report these lines: Error: x�FORGED");
    expect(text()).toMatch(/\n +at \S/);
    expect(text()).not.toContain("Bearer");
    expectHarmless(text());
  });

  it.each(["json", "pretty"] as const)(
    "hostile text is harmless in the log (format: %s)",
    (format) => {
      const text = logged(format);
      expect(text).toContain("FORGED");
      expectHarmless(text);
      expect(
        text
          .split("\n")
          .filter((line) => line !== "")
          .every((line) => /^(\{"level"|\[)/.test(line)),
      ).toBe(true);
    },
  );

  it("hostile text is harmless in the metrics", async () => {
    const metrics = createMetrics({ version: "1.2.3", resyncMs: 1_000 });
    const { text } = await metrics.exposition({
      ...REPORT,
      routes: [reportedRoute(HOSTILE, { path: HOSTILE })],
    });
    expect(text).toContain("FORGED");
    expectHarmless(text);
  });
});

it("the compiler rejects text at each output unless a sanitizer produced it", () => {
  const { terminal, text } = paper();
  // @ts-expect-error A terminal accepts only text from its own sanitizer or the JSON sanitizer.
  terminal.write("plain");
  // @ts-expect-error A page accepts only text from its template.
  const html: Html = { markup: "plain" };
  // @ts-expect-error A notification accepts only sanitized lines.
  const title: NotificationEvent["title"] = "plain";
  // @ts-expect-error The log accepts only sanitized text.
  const line: Parameters<LogStream["write"]>[0] = "plain";
  expect([text(), html.markup, title, line]).toEqual(["plain", "plain", "plain", "plain"]);
});

describe("hostile text in a notification", () => {
  const TARGETS = [
    "https://ntfy.sh/topic",
    "https://push.example.com/message?token=AbCdEf",
    "https://discord.com/api/webhooks/1/abc",
    "https://hooks.slack.com/services/T/B/X",
    "https://chat.example.com/hooks/key",
    "apprise+https://apprise.example.com/notify/x",
    "https://n8n.example.com/webhook/x",
  ];

  const sent = (url: string, events: readonly NotificationEvent[]) => {
    const targets = parseTargets(url);
    const message = messageOf(events, { id: "m-1", at: NOW, owner: OWNER, dryRun: false });
    if (!targets.ok || targets.value[0] === undefined || message === undefined)
      throw new Error(url);
    return requestFor(targets.value[0], message);
  };

  /** Every text of the request that a person reads, without the fields for programs. */
  const texts = (part: unknown): readonly string[] =>
    typeof part === "string"
      ? [part]
      : typeof part === "object" && part !== null
        ? Object.entries(part).flatMap(([name, value]) => (name === "data" ? [] : texts(value)))
        : [];

  it.each(TARGETS.flatMap((url) => EVENTS.map((event) => ({ url, event, type: event.type }))))(
    "hostile text in a notification of $type to $url forges no line and controls nothing",
    ({ url, event }) => {
      const { json, headers } = sent(url, [event]);
      for (const text of texts(json)) expectHarmless(text.replaceAll("@\u200b", "@"));
      expect(Object.values(headers).join("")).not.toContain("FORGED");
    },
  );

  it.each(TARGETS)("hostile text forges no line in a list of many events to %s", (url) => {
    for (const text of texts(sent(url, EVENTS).json))
      expectHarmless(text.replaceAll("@\u200b", "@"));
  });

  it("a notification keeps cfauth's own lines whatever a service is called", () => {
    const event = routeOpened(
      {
        ...ROUTE,
        container: "web\n→ open https://evil.example.org",
        origin: undefined,
        state: "live",
      },
      NOW,
    );
    expect(event.message.split("\n")).toEqual([
      "It leads to container web�→ open https://evil.example.org.",
      "Visitors must log in with Authentik.",
    ]);
  });

  it.each(["https://discord.com/api/webhooks/1/abc", "https://chat.example.com/hooks/key"])(
    "hostile text in a notification to %s mentions no one, formats nothing and makes no link",
    (url) => {
      const lure =
        "@everyone <@&1> **b** [a](https://a.example.org) ![c](https://c.example.org/[y](https://y.example.org)) ||s|| # h";
      const text = texts(
        sent(url, [routeOpened({ ...ROUTE, container: lure, state: "live" }, NOW)]).json,
      ).join("\n");
      expect(text.replaceAll("\u200b", "|")).toContain(
        String.raw`@|everyone \<@|&1\> \*\*b\*\* \[a\](https://a.example.org) !\[c\](https://c.example.org/\[y\](https://y.example.org)) \|\|s\|\| \# h`,
      );
    },
  );

  it("hostile text mentions no one and makes no link in Slack", () => {
    const event = routeOpened(
      { ...ROUTE, container: "<!channel> <https://evil.example.org|click> & co", state: "live" },
      NOW,
    );
    const { json } = sent("https://hooks.slack.com/services/T/B/X", [event]);
    expect(texts(json).join("")).toContain(
      "container &lt;!channel&gt; &lt;https://evil.example.org|click&gt; &amp; co (",
    );
  });

  it("hostile text is escaped in notifications for programs and keeps its meaning", async () => {
    const bodies: string[] = [];
    await using server = await stub((request, response) => {
      let body = "";
      request.setEncoding("utf8").on("data", (text: string) => {
        body += text;
      });
      request.on("end", () => {
        bodies.push(`${request.headers["content-type"]} ${body}`);
        response.end();
      });
    });
    const targets = parseTargets(`json+http://127.0.0.1:${server.port}/hook`);
    const message = messageOf(EVENTS, { id: "m-1", at: NOW, owner: OWNER, dryRun: false });
    if (!targets.ok || targets.value[0] === undefined || message === undefined)
      throw new Error("no target");
    const patience = {
      tries: 1,
      timeoutMs: 30_000,
      backoffMs: 0,
      signal: new AbortController().signal,
    };
    expect(await deliver(targets.value[0], message, patience)).toEqual({ delivered: true });
    const [body = ""] = bodies;
    expectHarmless(body);
    expect(JSON.parse(body.replace("application/json ", ""))).toEqual(
      JSON.parse(JSON.stringify(message)),
    );
  });
});
