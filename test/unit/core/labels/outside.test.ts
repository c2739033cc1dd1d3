import { expect, it } from "vitest";
import type { OutsideDns } from "../../../../src/core/domain/workload.ts";
import { networkProblems } from "../../../../src/core/labels/network-problems.ts";
import { workload } from "../../../support/builders.ts";

const on = (network: string, outside?: OutsideDns) =>
  workload({}, { networks: { [network]: { ip: "172.18.0.2", ...(outside && { outside }) } } });

it("a network whose names the DNS outside answers causes one warning, however many containers are on it", () => {
  expect(
    networkProblems(
      [on("dev", "domain"), on("dev", "domain"), on("tunnel")],
      ["dev", "tunnel", "dev"],
    ),
  ).toMatchObject([
    {
      code: "CFA-NETWORK-DNS",
      severity: "warning",
      effect: "unchanged",
      message: expect.stringContaining("that end with .dev,"),
    },
  ]);
});

it("a network that cloudflared is not on causes no warning", () => {
  expect(networkProblems([on("dev", "domain")], ["tunnel"])).toEqual([]);
});
