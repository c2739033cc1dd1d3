import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { APIError } from "cloudflare";
import got from "got";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ServiceError } from "../../../src/core/errors.ts";
import { secret } from "../../../src/core/secret.ts";
import { createLog } from "../../../src/log/log.ts";

const TOKEN = `tok"en\\with/odd+characters=0123456789`;

function logged(
  write: (log: ReturnType<typeof createLog>) => void,
  format: "json" | "pretty" = "json",
): string {
  const lines: string[] = [];
  write(
    createLog({
      level: "trace",
      format,
      secrets: [secret(TOKEN)],
      stream: { write: (text) => lines.push(text) },
    }),
  );
  return lines.join("");
}

describe("a token in the log", () => {
  let server: Server;
  const url = () =>
    `http://127.0.0.1:${(server.address() as AddressInfo).port}/?token=${encodeURIComponent(TOKEN)}`;

  beforeAll(async () => {
    server = createServer((request, answer) =>
      answer.writeHead(401).end(`no: ${request.headers.authorization}`),
    );
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  });
  afterAll(() => server.close());

  const refused = () =>
    got(url(), { headers: { authorization: `Bearer ${TOKEN}` }, retry: { limit: 0 } }).catch(
      (error: unknown) => error as Error,
    );

  it("the log never contains a token from an error of got, which carries the request", async () => {
    const error = await refused();
    const line = logged((log) => log.error({ err: error }, "pass failed"));
    expect(line).not.toContain(TOKEN);
    expect(line).not.toContain(JSON.stringify(TOKEN).slice(1, -1));
    expect(line).not.toContain(encodeURIComponent(TOKEN));
    expect(Object.keys(JSON.parse(line).err)).toEqual(["name", "code", "message", "cause"]);
  });

  it("the log never contains a token from an error of Cloudflare's SDK, which carries headers and body", () => {
    const body = {
      errors: [{ code: 10000, message: `Authentication error for ${TOKEN}` }],
      success: false,
      messages: [],
      result: null,
    };
    const error = APIError.generate(403, body, undefined, new Headers({ "x-echo": "Bearer abc" }));
    const line = logged((log) => log.error({ err: error }, "pass failed"));
    expect(line).not.toContain(JSON.stringify(TOKEN).slice(1, -1));
    expect(JSON.parse(line).err).not.toHaveProperty("headers");
    expect(JSON.parse(line).err.status).toBe(403);
  });

  it("the log never contains a token from the cause of a cause", async () => {
    const inner = await refused();
    const error = new ServiceError({
      service: "authentik",
      code: "CFA-AK-TOKEN",
      message: "the token is refused",
      fix: "make another",
      transient: false,
      status: 401,
      vendor: ["x"],
      cause: new Error(`with ${TOKEN}`, { cause: inner }),
    });
    const line = logged((log) => log.error({ err: error }, "pass failed"));
    expect(line).not.toContain(JSON.stringify(TOKEN).slice(1, -1));
    expect(JSON.parse(line).err).toMatchObject({
      code: "CFA-AK-TOKEN",
      fix: "make another",
      status: 401,
      vendor: ["x"],
      cause: { message: "with [secret]", cause: { name: "HTTPError" } },
    });
  });

  it("the log never contains a token from a message, a field or a child logger's binding", () => {
    const line = logged((log) =>
      log.child({ from: TOKEN }).info({ deep: { list: [TOKEN] } }, `said ${TOKEN}`),
    );
    expect(JSON.parse(line)).toMatchObject({
      from: "[secret]",
      deep: { list: ["[secret]"] },
      msg: "said [secret]",
    });
  });

  it("the log on a terminal never contains a token", () => {
    expect(logged((log) => log.info({ from: TOKEN }, `said ${TOKEN}`), "pretty")).not.toContain(
      TOKEN,
    );
  });

  it("printing the setting that holds a token does not show the token", async () => {
    const { inspect } = await import("node:util");
    const hidden = secret(TOKEN);
    expect(
      [
        `${hidden}`,
        JSON.stringify({ hidden }),
        inspect({ hidden }),
        inspect(hidden, { showHidden: true }),
      ].join(" "),
    ).not.toContain("odd");
    expect(hidden.reveal()).toBe(TOKEN);
  });
});

describe("a log line", () => {
  it("a log line has a readable time, its level as a word, and no process id", () => {
    const line = JSON.parse(
      logged((log) => log.warn({ hostname: "app.example.com" }, "route waiting")),
    );
    expect(line).toEqual({
      level: "warn",
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
      hostname: "app.example.com",
      msg: "route waiting",
    });
  });

  it("a label cannot reverse the direction of text in a log line", () => {
    const line = logged(
      (log) => log.warn({ label: "cfauth.\u202eabc", problem: "is \u061c no label" }, "problem"),
      "pretty",
    );
    expect(line).not.toMatch(/[\u061c\u202e]/);
    expect(line).toContain("label=cfauth.�abc");
  });

  it("a log line of an error that is its own cause ends", () => {
    const error = new Error("round");
    error.cause = error;
    expect(JSON.parse(logged((log) => log.error({ err: error }, "pass failed"))).err.message).toBe(
      "round",
    );
  });

  it("a log line is JSON unless the output is a terminal, where it is readable text", () => {
    const out = (isTTY: boolean) => {
      const lines: string[] = [];
      createLog({
        level: "info",
        format: undefined,
        secrets: [],
        stream: { isTTY, write: (text) => lines.push(text) },
      }).info({ hostname: "a.example.com" }, "route opened");
      return lines.join("");
    };
    expect(out(false)).toMatch(/^\{.*\}\n$/);
    expect(out(true)).toMatch(/route opened/);
    expect(out(true)).not.toMatch(/^\{/);
  });

  it("a log line on a terminal shows every field, including the hostname of a route", () => {
    const line = logged(
      (log) =>
        log.info(
          { hostname: "app.example.com", name: "cf-tunnel-access", reason: "two words" },
          "route opened",
        ),
      "pretty",
    );
    expect(line).toMatch(
      /^\[\d\d:\d\d:\d\d\] INFO: route opened {3}hostname=app\.example\.com name=cf-tunnel-access reason="two words"\n$/,
    );
  });
});
