/** Replicas of one Compose service, where a rule can lead to only one of them. */
import { expect, it } from "vitest";
import type { Workload } from "../../../src/core/domain/workload.ts";
import { tcp, workload } from "../../support/builders.ts";
import { home } from "./daemon.ts";

it.each([
  { name: "its address", target: "ip", origins: ["http://172.18.0.1:80", "http://172.18.0.2:80"] },
  {
    name: "a port that Docker chose",
    target: "published",
    origins: ["http://127.0.0.1:32001", "http://127.0.0.1:32002"],
  },
])(
  "a route that reaches one replica by $name moves when it stops, and does not move back when it runs again",
  async ({ target, origins }) => {
    await using at = await home({ settings: { CFAUTH_TARGET: target } });
    const replica = (number: number): Workload =>
      workload(
        { "cfauth.hostname": at.host("web") },
        {
          name: `home-web-${number}`,
          created: number,
          service: { project: "home", name: "web" },
          networks: { tunnel: { ip: `172.18.0.${number}` } },
          ports: [tcp(80, { ip: "0.0.0.0", port: 32_000 + number })],
        },
      );
    const origin = () =>
      [...at.sandbox.cloudflare.state.configurations.values()][0]?.config.ingress[0]?.service;
    at.add(replica(1));
    at.add(replica(2));
    await at.settle();
    const first = origin();
    at.sandbox.controls.clear();
    for (const restart of [() => at.stop("home-web-2"), () => at.add(replica(2))]) {
      restart();
      await at.settle();
    }
    expect([first, at.sandbox.controls.writes()]).toEqual([origins[0], []]);
    at.stop("home-web-1");
    await at.settle();
    const moved = origin();
    at.sandbox.controls.clear();
    at.add(replica(1));
    await at.settle();
    expect([moved, at.sandbox.controls.writes()]).toEqual([origins[1], []]);
  },
);
