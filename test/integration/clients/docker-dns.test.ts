import { createSocket } from "node:dgram";
import { once } from "node:events";
import { afterEach, describe, expect, it } from "vitest";
import { createDockerDns, searchDomainsIn } from "../../../src/clients/docker/dns.ts";

const opened: (() => void)[] = [];
afterEach(() => {
  for (const close of opened.splice(0)) close();
});

/** An answer with these addresses. `code` is 0 for "no error", 2 for "server failure", 3 for "no such name". */
function answerTo(query: Buffer, code: number, addresses: readonly string[]): Buffer {
  const head = Buffer.from(query.subarray(0, 12));
  head.writeUInt16BE(0x8180 | code, 2);
  head.writeUInt16BE(addresses.length, 6);
  head.writeUInt16BE(0, 10);
  const question = query.subarray(12, query.indexOf(0, 12) + 5);
  const records = addresses.map((address) =>
    Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4, ...address.split(".").map(Number)]),
  );
  return Buffer.concat([head, question, ...records]);
}

function nameIn(query: Buffer): string {
  const parts: string[] = [];
  for (let at = 12; query[at] !== 0; at += (query[at] ?? 0) + 1)
    parts.push(query.toString("latin1", at + 1, at + 1 + (query[at] ?? 0)));
  return parts.join(".");
}

/** A DNS server on loopback. It never answers for a name without an entry. */
async function server(
  zone: Readonly<Record<string, { readonly code: number; readonly addresses: readonly string[] }>>,
) {
  const socket = createSocket("udp4");
  socket.on("message", (query, { port, address }) => {
    const entry = zone[nameIn(query)];
    if (entry !== undefined)
      socket.send(answerTo(query, entry.code, entry.addresses), port, address);
  });
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  opened.push(() => socket.close());
  return `127.0.0.1:${socket.address().port}`;
}

/** Long, because only a name that is never answered waits for it. */
const PATIENCE_MS = 10_000;

describe("Docker's DNS", () => {
  it("Docker's DNS returns all addresses of a name in any letter case, and none for a name that does not exist", async () => {
    const dns = createDockerDns([
      await server({
        "web.tunnel": { code: 0, addresses: ["172.18.0.3", "172.18.0.2"] },
        "up_case.tunnel": { code: 0, addresses: ["172.18.0.4"] },
        "gone.tunnel": { code: 3, addresses: [] },
        "v6.tunnel": { code: 0, addresses: [] },
      }),
    ]);
    expect(
      await dns.addresses(
        ["web.tunnel", "Up_Case.tunnel", "gone.tunnel", "v6.tunnel"],
        PATIENCE_MS,
      ),
    ).toEqual(
      new Map([
        ["web.tunnel", ["172.18.0.2", "172.18.0.3"]],
        ["Up_Case.tunnel", ["172.18.0.4"]],
        ["gone.tunnel", []],
        ["v6.tunnel", []],
      ]),
    );
  });

  it("Docker's DNS leaves out names that fail or time out and returns the rest", async () => {
    const dns = createDockerDns([
      await server({
        "web.tunnel": { code: 0, addresses: ["172.18.0.2"] },
        "broken.tunnel": { code: 2, addresses: [] },
      }),
    ]);
    expect(await dns.addresses(["web.tunnel", "broken.tunnel", "silent.tunnel"], 1_000)).toEqual(
      new Map([["web.tunnel", ["172.18.0.2"]]]),
    );
  });

  it("Docker's DNS returns nothing and does not fail if no server listens", async () => {
    const gone = await server({});
    for (const close of opened.splice(0)) close();
    expect(await createDockerDns([gone]).addresses(["web.tunnel"], PATIENCE_MS)).toEqual(new Map());
  });
});

it.each([
  {
    text: "nameserver 127.0.0.11\nsearch lan example.com\noptions ndots:0\n",
    domains: ["lan", "example.com"],
  },
  { text: "search one\nsearch two", domains: ["two"] },
  { text: "domain lan", domains: ["lan"] },
  { text: "search .", domains: [] },
  { text: "# search lan", domains: [] },
  { text: "", domains: [] },
])("the search domains of $text are $domains", ({ text, domains }) => {
  expect(searchDomainsIn(text)).toEqual(domains);
});
