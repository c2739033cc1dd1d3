import { describe, expect, test } from "vitest";
import {
  isPrivateAddress,
  isPrivateHost,
  mayBePrivateHost,
} from "../../../../src/core/domain/private-host.ts";

describe("private addresses", () => {
  test.each([
    "127.0.0.1",
    "127.9.9.9",
    "10.0.0.1",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.4",
    "100.64.0.1",
    "169.254.1.1",
  ])("the IPv4 address %s is private", (address) =>
    expect([address, isPrivateAddress(address)]).toEqual([address, true]),
  );
  test.each([
    "::1",
    "fd00::1",
    "fc00::1",
    "fe80::1",
    "fe80::1%eth0",
    "::ffff:10.0.0.1",
    "::ffff:c0a8:104",
  ])("the IPv6 address %s is private", (address) =>
    expect([address, isPrivateAddress(address)]).toEqual([address, true]),
  );
  test.each([
    "8.8.8.8",
    "172.32.0.1",
    "172.15.0.1",
    "11.0.0.1",
    "100.128.0.1",
    "192.169.0.1",
    "0.0.0.0",
    "2606:4700::1",
    "::",
    "::ffff:8.8.8.8",
    "::ffff:808:808",
    "64:ff9b::808:808",
    "not-an-address",
    "",
  ])("the address %s is not private", (address) =>
    expect([address, isPrivateAddress(address)]).toEqual([address, false]),
  );
});

describe("hosts for plain http", () => {
  test.each([
    "localhost",
    "authentik-server",
    "authentik_server",
    "authentik-server.api",
    "authentik-server.authentik-api",
    "authentik-server.home_default",
    "server.stack.media_api",
    "authentik.lan",
    "authentik.local",
    "auth.home.arpa",
    "auth.corp.internal",
    "127.0.0.1",
    "127.1",
    "192.168.1.4",
    "[::1]",
    "[fd00::1]",
    "[::ffff:192.168.1.4]",
    "fd00::1",
    "0x7f000001",
  ])("plain http is allowed for %s", (host) => expect(mayBePrivateHost(host)).toBe(true));

  test.each([
    "example.com",
    "example.de",
    "authentik.example.com",
    "authentik.example.com.",
    "AUTH.EXAMPLE.COM",
    "authentik.xn--p1ai",
    "auth.localhost.example.com",
    "8.8.8.8",
    "8.8.2056",
    "134744072",
    "0x08080808",
    "[2606:4700::1]",
    "[::ffff:8.8.8.8]",
    "::ffff:808:808",
    "169.255.0.1",
  ])("plain http is not allowed for %s", (host) => expect(mayBePrivateHost(host)).toBe(false));
});

test("a notification may use plain http only if the name itself is private, because a container's network is not a suffix of its own", () => {
  expect(
    ["gotify", "gotify.lan", "10.0.0.2", "gotify.example.com", "134744072"].filter(isPrivateHost),
  ).toEqual(["gotify", "gotify.lan", "10.0.0.2"]);
});
