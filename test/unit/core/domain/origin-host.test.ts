import { expect, it } from "vitest";
import {
  hostByAddress,
  hostById,
  hostOnNetwork,
  parseOriginHost,
} from "../../../../src/core/domain/origin-host.ts";

it.each([
  ["wiki", "tunnel", "wiki.tunnel"],
  ["home-wiki-1", "home_default", "home-wiki-1.home_default"],
  ["Up_Case", "Tunnel", "Up_Case.Tunnel"],
  ["nas.lan", "tunnel", "nas.lan.tunnel"],
  [
    "media_web.1.0123456789abcdefghijklmno",
    "tunnel",
    "media_web.1.0123456789abcdefghijklmno.tunnel",
  ],
  ["192.168.1.1", "tunnel", "192.168.1.1.tunnel"],
  ["localhost", "tunnel", "localhost.tunnel"],
  ["nas", "my_lan", "nas.my_lan"],
  ["nas", "lan.tunnel", "nas.lan.tunnel"],
])("container %s on network %s is the host %s", (name, network, host) => {
  expect(hostOnNetwork(name, network)).toBe(host);
});

it.each([
  ["a name with a closing dot", "app.", "tunnel"],
  ["two dots in a row", "a..b", "tunnel"],
  ["a hyphen before a dot", "app-", "tunnel"],
  ["a hyphen after a dot", "app.-x", "tunnel"],
  ["a network that makes an address of it", "10.0", "0.1"],
  ["a network that makes a short address of it", "127", "1"],
  ["a network that makes a hexadecimal address of it", "0x7f", "0x1"],
  ["a network called localhost", "app", "localhost"],
  ["the machine that runs Docker", "host", "docker.internal"],
  ["the gateway", "gateway", "Docker.Internal"],
  ["the machine that runs Podman", "host", "containers.internal"],
  ["a name that the DNS of the house may know", "nas", "lan"],
  ["a name that the router may know", "nas", "Fritz.Box"],
  ["a name on a network that is called like a domain of the internet", "auth", "cloud"],
  ["a name on a network with a domain's ending", "auth", "home.example.com"],
  ["a name on a network that is called like a country's domain", "auth", "io"],
  ["a part of 64 characters", "a".repeat(64), "tunnel"],
  [
    "254 characters in all",
    `${"a".repeat(60)}.${"b".repeat(60)}.${"c".repeat(60)}.${"d".repeat(60)}`,
    "networks12",
  ],
])("%s is not a host", (_, name, network) => {
  expect(hostOnNetwork(name, network)).toBeUndefined();
});

it("a host may have 63 characters in a part and 253 in total", () => {
  expect(hostOnNetwork("a".repeat(63), "tunnel")).toBeDefined();
  expect(
    hostOnNetwork(
      `${"a".repeat(60)}.${"b".repeat(60)}.${"c".repeat(60)}.${"d".repeat(60)}`,
      "network12",
    ),
  ).toHaveLength(253);
});

it.each([
  "",
  "localhost",
  "LOCALHOST",
  "127.0.0.1",
  "[::1]",
  "::ffff:127.0.0.1",
  "app:80",
  "u:p@nas.lan",
  "app/x",
  "app?x",
  "app\u0000",
  "app\n",
  "äpp",
  "app\u0661",
  "1\u0660.tunnel ",
  "2130706433",
  "0x7f000001",
])("%j is not a host", (text) => {
  expect(parseOriginHost(text)).toBeUndefined();
});

it("a short id of only digits gets the network as a suffix, because Go does not treat it as a name", () => {
  expect([hostById("0123456789abcdef", "tunnel"), hostById("012345678901bcdef", "tunnel")]).toEqual(
    ["0123456789ab", "012345678901.tunnel"],
  );
});

it("addresses from the engine are hosts, in brackets if they are IPv6", () => {
  expect(
    ["172.18.0.2", "fd00::2", "1.2.3", "1.2.3.04", "0x7f.0.0.1", "app", "::1::"].map(hostByAddress),
  ).toEqual(["172.18.0.2", "[fd00::2]", undefined, undefined, undefined, undefined, undefined]);
});
