/** Answers that never end or unpack to too much are cut off (T18). */
import type { ServerResponse } from "node:http";
import { gzipSync } from "node:zlib";
import { z } from "zod";
import { createAuthentik } from "../../../../src/clients/authentik/authentik.ts";
import { onlyAccount } from "../../../../src/clients/cloudflare/account.ts";
import { createCloudflare } from "../../../../src/clients/cloudflare/cloudflare.ts";
import { ServiceError } from "../../../../src/core/errors.ts";
import { type Received, stub } from "../../clients/stub.ts";
import { each, type Row } from "./row.ts";

type Reply = (response: ServerResponse, request: Received) => void;

const json = (response: ServerResponse, body: unknown): void =>
  void response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(body));

const pageOf = ({ url }: Received): number =>
  Number(new URL(url, "http://x").searchParams.get("page") ?? 1);

/** Megabytes of spaces inside a valid document. */
const UNPACKED_MB = 60;
const BOMB = gzipSync(
  Buffer.concat([
    Buffer.from('{"success":true,"result":['),
    Buffer.alloc(UNPACKED_MB * 1_000_000, " "),
    Buffer.from("]}"),
  ]),
);

const endless: Reply = (response) => {
  response.writeHead(200, { "content-type": "application/json" });
  response.write('{"success":true,"result":[');
  const chunk = " ".repeat(65_536);
  const more = (): void => {
    while (!response.destroyed && response.write(chunk));
    if (!response.destroyed) response.once("drain", more);
  };
  more();
};

/** How a call ends, and whether it took only a few requests. */
async function ending(
  call: Promise<unknown>,
  received: readonly Received[],
): Promise<readonly [string, boolean]> {
  const error = await call.then(
    () => undefined,
    (it: unknown) => it,
  );
  return [
    error instanceof ServiceError ? "a fault of the service" : String(error),
    received.length > 0 && received.length < MANY,
  ];
}

const MANY = 1_000;

const cloudflare = async (reply: Reply): Promise<unknown> => {
  await using server = await stub(reply);
  const client = createCloudflare({ token: "t", baseUrl: server.url, backoffMs: 1 });
  return await ending(onlyAccount(client), server.received);
};

const authentik = async (reply: Reply): Promise<unknown> => {
  await using server = await stub(reply);
  const client = createAuthentik({ token: "t", url: server.url, backoffMs: 1 });
  return await ending(
    client.list("groups.list", z.looseObject({}), { path: "/core/groups/" }),
    server.received,
  );
};

const LISTS: readonly { readonly input: string; readonly outcome: () => Promise<unknown> }[] = [
  {
    input: "a list from Authentik that always has a next page",
    outcome: () =>
      authentik((response, request) =>
        json(response, {
          pagination: { next: pageOf(request) + 1 },
          results: [{ pk: "1", name: "g" }],
        }),
      ),
  },
  {
    input: "a list from Authentik whose next page is always the same",
    outcome: () =>
      authentik((response) =>
        json(response, { pagination: { next: 2 }, results: [{ pk: "1", name: "g" }] }),
      ),
  },
  {
    input: "an answer from Authentik that unpacks to many megabytes",
    outcome: () =>
      authentik(
        (response) =>
          void response
            .writeHead(200, { "content-type": "application/json", "content-encoding": "gzip" })
            .end(BOMB),
      ),
  },
  { input: "an answer from Authentik that never ends", outcome: () => authentik(endless) },
  {
    input: "an answer from Cloudflare that unpacks to many megabytes",
    outcome: () =>
      cloudflare(
        (response) =>
          void response
            .writeHead(200, { "content-type": "application/json", "content-encoding": "gzip" })
            .end(BOMB),
      ),
  },
  { input: "an answer from Cloudflare that never ends", outcome: () => cloudflare(endless) },
];

export const ANSWER_ROWS: readonly Row[] = each(
  LISTS,
  ({ input, outcome }): Row => ({
    threat: "T18",
    input,
    outcome,
    right: ["a fault of the service", true],
  }),
);
