/** Where Authentik's token is sent, with two servers on one port: one is Authentik's container, the other a stranger's. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { type Authentik, createAuthentik } from "../../../src/clients/authentik/authentik.ts";
import { authentikLookup } from "../../../src/clients/authentik/lookup.ts";
import type { Workload } from "../../../src/core/domain/workload.ts";
import { createAuthentikLookup, lookupParts } from "../../../src/sources/authentik-lookup.ts";
import { createListing, type Listing } from "../../../src/sources/listing.ts";
import { workload } from "../../support/builders.ts";
import { failure } from "../clients/stub.ts";

const OWN = "127.0.0.2";
const STRANGER = "127.0.0.3";
const TOKEN = "very-secret-token";

const at = (name: string, ip: string): Workload =>
  workload({}, { id: name, name, networks: { api: { ip } } });
const AUTHENTIK = at("authentik-server", OWN);
const EVIL = at("evil", STRANGER);

interface Two extends AsyncDisposable {
  readonly port: number;
  /** What each was sent: the tokens, by address. */
  readonly tokens: Readonly<Record<string, string[]>>;
}

/** The same port at both addresses. */
async function two(): Promise<Two> {
  const tokens: Record<string, string[]> = { [OWN]: [], [STRANGER]: [] };
  const server = (address: string) =>
    createServer((request, response) => {
      tokens[address]?.push(request.headers.authorization ?? "");
      response.setHeader("connection", "close").end("{}");
    });
  const own = server(OWN).listen(0, OWN);
  await once(own, "listening");
  const { port } = own.address() as AddressInfo;
  const stranger = server(STRANGER).listen(port, STRANGER);
  await once(stranger, "listening");
  return {
    port,
    tokens,
    [Symbol.asyncDispose]: async () => {
      for (const each of [own, stranger]) each.closeAllConnections();
      for (const each of [own, stranger]) each.close();
    },
  };
}

/** A list that the test changes, and how often it was asked for. */
function listingOf(workloads: Workload[]): Listing & { readonly count: () => number } {
  let count = 0;
  const list = async () => {
    count += 1;
    return workloads;
  };
  return Object.assign(
    createListing({ list }, () => performance.now()),
    { count: () => count },
  );
}

interface Answering {
  readonly resolved: readonly string[];
  readonly listing: Listing;
  readonly container?: string;
  readonly host?: string;
}

function client(
  port: number,
  { resolved, listing, container, host = "authentik-server" }: Answering,
): Authentik {
  const url = `http://${host}:${port}`;
  const parts = lookupParts({ apiUrl: url, container }, { listing, machine: "" });
  if (parts === undefined) throw new Error("not looked up");
  const lookup = authentikLookup({ ...parts, resolve: async () => resolved });
  return createAuthentik({ token: TOKEN, url, lookup, backoffMs: 1 });
}

const ask = (authentik: Authentik) =>
  authentik.request("me.get", z.looseObject({}), { path: "/core/users/me/" });

describe("a stranger that answers to Authentik's name", () => {
  test.each([
    { so: "alone", resolved: [STRANGER] },
    { so: "first", resolved: [STRANGER, OWN] },
    { so: "last", resolved: [OWN, STRANGER] },
  ])(
    "is sent nothing where it answers $so: Authentik's container has the token",
    async ({ resolved }) => {
      await using servers = await two();
      const authentik = client(servers.port, { resolved, listing: listingOf([EVIL, AUTHENTIK]) });
      for (let call = 0; call < 5; call++) await ask(authentik);
      expect(servers.tokens).toEqual({ [OWN]: Array(5).fill(`Bearer ${TOKEN}`), [STRANGER]: [] });
    },
  );

  test("is sent nothing while Authentik's container is away, and the fault says who answered", async () => {
    await using servers = await two();
    const error = await failure(
      ask(client(servers.port, { resolved: [STRANGER], listing: listingOf([EVIL]) })),
    );
    expect({
      code: error.code,
      transient: error.transient,
      message: error.message,
      fix: error.fix,
    }).toEqual({
      code: "CFA-AK-STRANGER",
      transient: false,
      message: `the name authentik-server in AUTHENTIK_API_URL leads to ${STRANGER}, which is container evil and not Authentik's; the token is not sent there`,
      fix: "set CFAUTH_AUTHENTIK_CONTAINER to the name of Authentik's container, and AUTHENTIK_API_URL to http://<that name>.<network>:9000 with a network that only cfauth and Authentik are on",
    });
    expect(servers.tokens[STRANGER]).toEqual([]);
  });

  test("is sent nothing under its address in IPv6 spelling either", async () => {
    await using servers = await two();
    const error = await failure(
      ask(client(servers.port, { resolved: [`::ffff:${STRANGER}`], listing: listingOf([EVIL]) })),
    );
    expect([error.code, servers.tokens[STRANGER]]).toEqual(["CFA-AK-STRANGER", []]);
  });

  test("is sent nothing where it carries the name as a Compose label", async () => {
    await using servers = await two();
    const service = { project: "evil", name: "authentik-server" };
    const listing = listingOf([{ ...EVIL, service }, AUTHENTIK]);
    await failure(ask(client(servers.port, { resolved: [STRANGER], listing })));
    await ask(
      client(servers.port, { resolved: [STRANGER], listing, container: "authentik-server" }),
    );
    expect(servers.tokens).toEqual({ [OWN]: [`Bearer ${TOKEN}`], [STRANGER]: [] });
  });

  test("is sent nothing where it is called like Authentik's Compose service", async () => {
    await using servers = await two();
    const authentik = { ...at("ak-server-1", OWN), service: { project: "ak", name: "server" } };
    const listing = listingOf([at("server", STRANGER), authentik]);
    const error = await failure(
      ask(client(servers.port, { host: "server", resolved: [STRANGER], listing })),
    );
    expect([error.code, servers.tokens[STRANGER]]).toEqual(["CFA-AK-STRANGER", []]);
  });

  test("is sent nothing where it is called like the host and the operator named another container", async () => {
    await using servers = await two();
    const listing = listingOf([at("auth", STRANGER), AUTHENTIK]);
    await ask(
      client(servers.port, {
        host: "auth",
        container: "authentik-server",
        resolved: [STRANGER],
        listing,
      }),
    );
    expect(servers.tokens).toEqual({ [OWN]: [`Bearer ${TOKEN}`], [STRANGER]: [] });
  });

  test("is sent nothing where it has an alias that is spelled like the container's name on its network", async () => {
    await using servers = await two();
    await ask(
      client(servers.port, {
        host: "authentik-server.api",
        resolved: [STRANGER],
        listing: listingOf([EVIL, AUTHENTIK]),
      }),
    );
    expect(servers.tokens).toEqual({ [OWN]: [`Bearer ${TOKEN}`], [STRANGER]: [] });
  });

  test("is sent nothing where it took the container's name and is not on the network that the address names", async () => {
    await using servers = await two();
    const evil = workload(
      {},
      { id: "evil", name: "authentik-server", networks: { tunnel: { ip: STRANGER } } },
    );
    const asked = {
      host: "authentik-server.api",
      container: "authentik-server",
      listing: listingOf([evil]),
    };
    for (const resolved of [[], [STRANGER]])
      await failure(ask(client(servers.port, { ...asked, resolved })));
    expect(servers.tokens[STRANGER]).toEqual([]);
  });

  test("is sent nothing under a name of the own DNS, even where a network and a container of its own are called so", async () => {
    await using servers = await two();
    const evil = workload({}, { id: "evil", name: "auth", networks: { lan: { ip: STRANGER } } });
    const error = await failure(
      ask(
        client(servers.port, {
          host: "auth.lan",
          resolved: [STRANGER],
          listing: listingOf([evil, AUTHENTIK]),
        }),
      ),
    );
    expect([error.code, servers.tokens[STRANGER]]).toEqual(["CFA-AK-STRANGER", []]);
  });
});

describe("the container list", () => {
  test("that a pass has just asked for is enough, and no other is asked for", async () => {
    await using servers = await two();
    const listing = listingOf([AUTHENTIK]);
    await listing.list();
    const authentik = client(servers.port, { resolved: [OWN], listing });
    for (let call = 0; call < 3; call++) await ask(authentik);
    expect(listing.count()).toBe(1);
  });

  test("is asked for once more where Authentik's container has just started", async () => {
    await using servers = await two();
    const running: Workload[] = [EVIL];
    const listing = listingOf(running);
    await listing.list();
    running.push(AUTHENTIK);
    await ask(client(servers.port, { resolved: [STRANGER], listing }));
    expect(servers.tokens).toEqual({ [OWN]: [`Bearer ${TOKEN}`], [STRANGER]: [] });
  });
});

test("a name that leads to a public address is not called over plain http", async () => {
  await using servers = await two();
  const error = await failure(
    ask(client(servers.port, { resolved: ["192.0.2.1"], listing: listingOf([EVIL]) })),
  );
  expect({ code: error.code, transient: error.transient }).toEqual({
    code: "CFA-AK-PLAIN-HTTP",
    transient: false,
  });
  expect(error.message).toContain("leads to the public address 192.0.2.1");
});

test.each([
  "http://127.0.0.1:9000",
  "http://[::1]:9000",
  "http://localhost:9000",
  "https://auth.example.com",
])("the configured host is used as it is: %s", (apiUrl) => {
  expect(
    createAuthentikLookup(
      { apiUrl, container: "authentik-server" },
      { listing: listingOf([]), machine: "" },
    ),
  ).toBeUndefined();
});

test.each([
  "http://authentik-server:9000",
  "https://authentik-server:9443",
  "http://authentik-server.api:9000",
  "http://auth.lan",
])("a name that a container may have as well is looked up by the list: %s", (apiUrl) => {
  expect(
    createAuthentikLookup(
      { apiUrl, container: undefined },
      { listing: listingOf([]), machine: "" },
    ),
  ).toBeTypeOf("function");
});

test("a redirect is not followed, so the token goes to no other address", async () => {
  await using servers = await two();
  const redirecting = createServer((_request, response) =>
    response
      .writeHead(307, { location: `http://${STRANGER}:${servers.port}/api/v3/core/users/me/` })
      .end(),
  ).listen(0, OWN);
  await once(redirecting, "listening");
  try {
    const { port } = redirecting.address() as AddressInfo;
    const error = await failure(
      ask(client(port, { resolved: [OWN], listing: listingOf([AUTHENTIK]) })),
    );
    expect([error.code, servers.tokens[STRANGER]]).toEqual(["CFA-AK-REFUSED", []]);
  } finally {
    redirecting.closeAllConnections();
    redirecting.close();
  }
});
