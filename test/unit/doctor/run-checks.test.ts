import { expect, it } from "vitest";
import { ServiceError } from "../../../src/core/errors.ts";
import type { DoctorContext } from "../../../src/doctor/context.ts";
import { runChecks } from "../../../src/doctor/run-checks.ts";

const down = (service: "cloudflare" | "docker"): ServiceError =>
  new ServiceError({
    service,
    code: service === "docker" ? "CFA-DOCKER-UNREACHABLE" : "CFA-CF-UNREACHABLE",
    message: `no ${service}: it is off`,
    fix: "switch it on",
    transient: true,
  });

const never = (): Promise<never> => new Promise(() => {});

it("a group of checks that does not finish in time is reported and delays only those that need it", async () => {
  const printed: string[] = [];
  const scene = {
    settingSources: new Map([["AUTHENTIK_URL", "file"]]),
    config: {
      dryRun: false,
      notify: [],
      docker: { kind: "socket", path: "/s" },
      labels: { networks: [], target: "name" },
      authentik: { url: "", apiUrl: "" },
    },
    docker: {
      info: () => Promise.reject(down("docker")),
      events: () => Promise.reject(down("docker")),
    },
    workloads: () => Promise.reject(down("docker")),
    cloudflare: { request: () => Promise.reject(down("cloudflare")) },
    authentik: { request: never },
  } as unknown as DoctorContext;
  await runChecks(scene, {
    patienceMs: 30,
    onGroup: ({ title, result, headline }) => printed.push(`${result} ${title}: ${headline}`),
  });
  expect(printed).toEqual([
    "pass Settings: 1 set, all from files",
    "fail Docker: no docker",
    "fail Cloudflare: no cloudflare",
    "skip Tunnel: not checked: needs Cloudflare",
    "skip Zero Trust: not checked: needs Cloudflare",
    "fail Authentik: no answer within 0.03 s",
    "skip Login: not checked: needs Cloudflare",
    "skip Routes: not checked: needs Docker",
  ]);
});
