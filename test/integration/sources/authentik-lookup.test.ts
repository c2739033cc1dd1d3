/** Where Authentik's token is sent. Two servers use the same port: Authentik's container and a stranger's. */
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
  /** The tokens that each server received, by address. */
  readonly tokens: Readonly<Record<string, string[]>>;
}

/** The port, which is the same at both addresses. */
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

/** A container list that the test changes, and how often it was read. */
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
    "a stranger that Docker's DNS returns $so receives nothing, and Authentik's container gets the token",
    async ({ resolved }) => {
      await using servers = await two();
      const authentik = client(servers.port, { resolved, listing: listingOf([EVIL, AUTHENTIK]) });
      for (let call = 0; call < 5; call++) await ask(authentik);
      expect(servers.tokens).toEqual({ [OWN]: Array(5).fill(`Bearer ${TOKEN}`), [STRANGER]: [] });
    },
  );

  test("a stranger receives nothing while Authentik's container is stopped, and the error says who answered", async () => {
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

  test("a stranger receives nothing under its address in IPv6 notation", async () => {
    await using servers = await two();
    const error = await failure(
      ask(client(servers.port, { resolved: [`::ffff:${STRANGER}`], listing: listingOf([EVIL]) })),
    );
    expect([error.code, servers.tokens[STRANGER]]).toEqual(["CFA-AK-STRANGER", []]);
  });

  test("a stranger that has Authentik's name in a Compose label receives nothing", async () => {
    await using servers = await two();
    const service = { project: "evil", name: "authentik-server" };
    const listing = listingOf([{ ...EVIL, service }, AUTHENTIK]);
    await failure(ask(client(servers.port, { resolved: [STRANGER], listing })));
    await ask(
      client(servers.port, { resolved: [STRANGER], listing, container: "authentik-server" }),
    );
    expect(servers.tokens).toEqual({ [OWN]: [`Bearer ${TOKEN}`], [STRANGER]: [] });
  });

  test("a stranger that is called like Authentik's Compose service receives nothing", async () => {
    await using servers = await two();
    const authentik = { ...at("ak-server-1", OWN), service: { project: "ak", name: "server" } };
    const listing = listingOf([at("server", STRANGER), authentik]);
    const error = await failure(
      ask(client(servers.port, { host: "server", resolved: [STRANGER], listing })),
    );
    expect([error.code, servers.tokens[STRANGER]]).toEqual(["CFA-AK-STRANGER", []]);
  });

  test("a stranger that is called like the host receives nothing if the operator named another container", async () => {
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

  test("a stranger with an alias that looks like the container's name on its network receives nothing", async () => {
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

  test("a stranger that took the container's name but is not on the network in the address receives nothing", async () => {
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

  test("a stranger receives nothing under a name of the local DNS, even if its network and container have that name", async () => {
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
  test("the container list of a recent pass is used without reading it again", async () => {
    await using servers = await two();
    const listing = listingOf([AUTHENTIK]);
    await listing.list();
    const authentik = client(servers.port, { resolved: [OWN], listing });
    for (let call = 0; call < 3; call++) await ask(authentik);
    expect(listing.count()).toBe(1);
  });

  test("the container list is read once more if Authentik's container has just started", async () => {
    await using servers = await two();
    const running: Workload[] = [EVIL];
    const listing = listingOf(running);
    await listing.list();
    running.push(AUTHENTIK);
    await ask(client(servers.port, { resolved: [STRANGER], listing }));
    expect(servers.tokens).toEqual({ [OWN]: [`Bearer ${TOKEN}`], [STRANGER]: [] });
  });
});

test("a hostname with a public address is not called over plain http", async () => {
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
])("the configured host %s is used unchanged", (apiUrl) => {
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
])(
  "the name in %s, which a container may have too, is resolved with the container list",
  (apiUrl) => {
    expect(
      createAuthentikLookup(
        { apiUrl, container: undefined },
        { listing: listingOf([]), machine: "" },
      ),
    ).toBeTypeOf("function");
  },
);

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
