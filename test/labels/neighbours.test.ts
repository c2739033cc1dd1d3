import { describe, expect, it } from "vitest";
import type { Workload } from "../../src/domain/workload.ts";
import { neighbours } from "../../src/labels/neighbours.ts";
import { tcp, workload } from "../builders.ts";

describe("whether something runs where a route leads", () => {
  const published = (ip: string, port: number): Partial<Workload> => ({ ports: [tcp(80, { ip, port })] });

  it.each<{ name: string; service: string; container: Partial<Workload>; reached: boolean }>([
    { name: "the container's name", service: "http://app:80", container: {}, reached: true },
    { name: "the container's name at another port", service: "http://app:9000", container: {}, reached: true },
    { name: "the container's name without a port", service: "http://app", container: {}, reached: true },
    {
      name: "the name of its Compose service",
      service: "http://web:80",
      container: { service: { project: "home", name: "web" } },
      reached: true,
    },
    { name: "the container's address", service: "http://172.18.0.2:80", container: {}, reached: true },
    { name: "a name that nothing has", service: "http://gone:80", container: {}, reached: false },
    { name: "a name that only begins like it", service: "http://application:80", container: {}, reached: false },
    { name: "a published port", service: "http://127.0.0.1:8080", container: published("127.0.0.1", 8080), reached: true },
    { name: "a published port of all addresses", service: "http://localhost:8080", container: published("0.0.0.0", 8080), reached: true },
    {
      name: "this machine, by a port that is published on all addresses",
      service: "http://127.0.0.1:8080",
      container: published("0.0.0.0", 8080),
      reached: true,
    },
    {
      name: "this machine, by a port that is published on all addresses of IPv6",
      service: "http://127.0.0.1:8080",
      container: published("::", 8080),
      reached: true,
    },
    {
      name: "a port that is published on this machine, by name",
      service: "http://localhost:8080",
      container: published("127.0.0.1", 8080),
      reached: true,
    },
    { name: "a published port of IPv6", service: "http://[fd00::1]:8080", container: published("fd00::1", 8080), reached: true },
    { name: "another published port", service: "http://localhost:8081", container: published("0.0.0.0", 8080), reached: false },
    {
      name: "another machine's port of the same number",
      service: "http://192.168.1.7:8080",
      container: published("192.168.1.5", 8080),
      reached: false,
    },
    {
      name: "an address of the machine, by a port that is published on all of them",
      service: "http://192.168.1.7:8080",
      container: published("0.0.0.0", 8080),
      reached: true,
    },
    {
      name: "this machine, by a port that is published on another address of it",
      service: "http://127.0.0.1:8080",
      container: published("192.168.1.5", 8080),
      reached: false,
    },
    {
      name: "a published port of UDP with the same number",
      service: "http://127.0.0.1:443",
      container: { ports: [{ number: 443, protocol: "udp", published: { ip: "0.0.0.0", port: 443 } }] },
      reached: false,
    },
    { name: "the answer 503, which is nobody", service: "http_status:503", container: {}, reached: false },
  ])("$name", ({ service, container, reached }) => {
    expect(neighbours([workload({}, container)]).leadsTo(service).size > 0).toBe(reached);
  });

  it("a container answers to its own name and its service's, on its own networks", () => {
    const around = neighbours([workload({}, { name: "home-web-1", service: { project: "home", name: "web" } })]);
    const answering = (network: string, name: string) => [...around.answering(network, name)];
    expect([answering("tunnel", "home-web-1"), answering("tunnel", "web"), answering("edge", "web"), answering("tunnel", "other")]).toEqual(
      [["home-web-1"], ["home-web-1"], [], []],
    );
  });
});
