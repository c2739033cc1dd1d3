/** A container that stops and comes back while containers on other networks have its name. */
import { describe, expect, it } from "vitest";
import type { Workload } from "../../../src/core/domain/workload.ts";
import { workload } from "../../support/builders.ts";
import { type Home, home } from "./daemon.ts";

/** Another project's service with the same name, on these networks. */
const namesake = (...networks: readonly string[]): Workload =>
  workload(
    {},
    {
      name: "shop-web-1",
      service: { project: "shop", name: "web" },
      networks: Object.fromEntries(
        networks.map((network, at) => [network, { ip: `172.19.${at}.2` }]),
      ),
    },
  );

const origins = ({ sandbox }: Home) =>
  [...sandbox.cloudflare.state.configurations.values()].flatMap(({ config }) =>
    config.ingress.map(({ hostname }) => hostname),
  );

describe("a container whose name another container has on a network without cloudflared", () => {
  it("a restart costs no write while another container has the name on a network without cloudflared", async () => {
    await using at = await home({ settings: { CFAUTH_GRACE_PERIOD: "60s" } });
    await at.run("web");
    at.add(namesake("shop"));
    await at.settle();
    at.sandbox.controls.clear();
    at.stop("web");
    await at.settle();
    expect(at.sandbox.controls.writes()).toEqual([]);
  });

  it("a stopped container loses its route at once when another container takes its name on a network that its rule uses", async () => {
    for (const network of ["tunnel", "backend"]) {
      await using at = await home({ settings: { CFAUTH_GRACE_PERIOD: "60s" } });
      at.add(
        workload(
          { "cfauth.hostname": at.host("web"), "cfauth.network": network },
          { name: "web", networks: { [network]: { ip: "172.18.0.2" } } },
        ),
      );
      at.add(namesake("shop"));
      await at.settle();
      at.stop("web");
      await at.settle();
      expect(origins(at)).toEqual([at.host("web"), undefined]);
      at.add(namesake("shop", network));
      await at.settle();
      expect(origins(at)).toEqual([undefined]);
    }
  });

  it("a stopped container keeps its route when cfauth has just started, because the rule names the network", async () => {
    await using at = await home({ settings: { CFAUTH_STARTUP_GRACE_PERIOD: "60s" } });
    await at.run("web");
    await at.settle();
    at.stop("web");
    at.add(namesake("shop"));
    await (await at.another()).settle();
    expect(origins(at)).toEqual([at.host("web"), undefined]);
  });
});
