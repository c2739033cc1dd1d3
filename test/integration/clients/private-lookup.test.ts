import { expect, test } from "vitest";
import { z } from "zod";
import { createCloudflare } from "../../../src/clients/cloudflare/cloudflare.ts";
import { answer, plainGuard, privateAddresses } from "../../../src/clients/private-lookup.ts";
import { failure } from "./stub.ts";

const PUBLIC = "192.0.2.1";

test("without encryption a hostname resolves only to its private addresses", async () => {
  expect(await privateAddresses("gotify", async () => [PUBLIC, "192.168.1.9", "fd00::9"])).toEqual([
    "192.168.1.9",
    "fd00::9",
  ]);
});

test("without encryption a hostname with only public addresses does not resolve", async () => {
  await expect(
    privateAddresses("gotify", async () => [PUBLIC, "2001:db8::1"]),
  ).rejects.toMatchObject({ code: "ERR_PUBLIC_ADDRESS" });
});

test.each([
  {
    options: { all: true },
    found: [
      [
        { address: "10.0.0.1", family: 4 },
        { address: "fd00::1", family: 6 },
      ],
      undefined,
    ],
  },
  { options: {}, found: ["10.0.0.1", 4] },
  { options: { family: 6 }, found: ["fd00::1", 6] },
  {
    options: { all: true, family: "IPv4" as const },
    found: [[{ address: "10.0.0.1", family: 4 }], undefined],
  },
])(
  "a socket that asks with $options gets the addresses in that form",
  async ({ options, found }) => {
    const given = await new Promise<unknown[]>((over) =>
      answer(Promise.resolve(["10.0.0.1", "fd00::1"]), options, (error, address, family) =>
        over([error, address, family]),
      ),
    );
    expect(given).toEqual([null, ...found]);
  },
);

test("a request over http is refused if the hostname leads to the internet, and one over TLS is not checked", async () => {
  const resolve = async () => [PUBLIC];
  await expect(plainGuard("http://cloudflare.lan/client/v4", resolve)()).rejects.toMatchObject({
    code: "ERR_PUBLIC_ADDRESS",
  });
  await plainGuard("https://cloudflare.lan/client/v4", resolve)();
  await plainGuard("http://cloudflare.lan/client/v4", async () => ["10.0.0.1"])();
});

test("an IP address as host is checked like the address of a hostname", async () => {
  await plainGuard("http://[::1]:8080/client/v4")();
  await expect(plainGuard("http://192.0.2.1/client/v4")()).rejects.toMatchObject({
    code: "ERR_PUBLIC_ADDRESS",
  });
});

test("Cloudflare's token is not sent over http to a public address, and a write to it has not happened", async () => {
  const calls: unknown[] = [];
  const cloudflare = createCloudflare({
    token: "very-secret-token",
    baseUrl: "http://192.0.2.1/client/v4",
    backoffMs: 1,
    onCall: (call) => calls.push(call),
  });
  const error = await failure(
    cloudflare.request("tags.create", z.looseObject({}), (sdk) =>
      sdk.zeroTrust.access.tags.create({ account_id: "a", name: "cfauth-app" }),
    ),
  );
  expect(error).toMatchObject({
    code: "CFA-CF-UNREACHABLE",
    vendor: ["ERR_PUBLIC_ADDRESS"],
    outcomeUnknown: false,
  });
  expect(calls).toMatchObject([{ status: undefined }]);
});
