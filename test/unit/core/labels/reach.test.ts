import { describe, expect, it } from "vitest";
import type { Workload } from "../../../../src/core/domain/workload.ts";
import { decoded, workload } from "../../../support/builders.ts";

const HOST = { "cfauth.hostname": "app.example.com" };

describe("which routes a fault affects", () => {
  const routes = (labels: Workload["labels"], ...others: readonly Workload[]) => {
    const { exposures, faulty } = decoded([workload(labels), ...others]);
    return {
      open: exposures.map(({ route }) => route.hostname),
      faulty: faulty.map(({ route, saysPublic, closeNow }) => ({
        at: `${route.hostname}${route.path ?? ""}`,
        saysPublic,
        closeNow,
      })),
    };
  };
  const two = { "cfauth.a.hostname": "a.example.com", "cfauth.b.hostname": "b.example.com" };

  it("one named route with a fault leaves its sibling open", () => {
    expect(routes({ ...two, "cfauth.b.port": "x" })).toEqual({
      open: ["a.example.com"],
      faulty: [{ at: "b.example.com", saysPublic: false, closeNow: false }],
    });
  });

  it("an unknown label keeps all routes of the container closed, because it may concern any of them", () => {
    expect(routes({ ...two, "cfauth.acess": "authentik" })).toEqual({
      open: [],
      faulty: [
        { at: "a.example.com", saysPublic: false, closeNow: false },
        { at: "b.example.com", saysPublic: false, closeNow: false },
      ],
    });
  });

  it("a route without a hostname keeps all routes of the container closed", () => {
    expect(routes({ ...two, "cfauth.port": "80" }).open).toEqual([]);
  });

  it.each([
    { name: "has a path", hostname: "app.example.com/admin" },
    { name: "is empty", hostname: "" },
    { name: "is in no zone", hostname: "app.exmaple.com" },
  ])(
    "a hostname that $name keeps all routes of the container closed, because it may have been meant inside one of them",
    ({ hostname }) => {
      const whole = { "cfauth.hostname": "app.example.com", "cfauth.access": "public" };
      expect(
        routes({ ...whole, "cfauth.admin.hostname": hostname, "cfauth.admin.path": "/admin" }).open,
      ).toEqual([]);
    },
  );

  it("a fault of one container leaves the others open", () => {
    expect(
      routes(
        { "cfauth.hostname": "app.example.com", "cfauth.acess": "x" },
        workload({ "cfauth.hostname": "b.example.com" }, { name: "b" }),
      ).open,
    ).toEqual(["b.example.com"]);
  });

  it("a fault of one of several hostnames keeps the valid ones closed as well", () => {
    expect(routes({ "cfauth.hostname": "a.example.com,b_.example.com" })).toEqual({
      open: [],
      faulty: [{ at: "a.example.com", saysPublic: false, closeNow: false }],
    });
  });

  it.each([
    {
      name: "says public beside the faulty label",
      labels: { "cfauth.access": "public", "cfauth.port": "x" },
      saysPublic: true,
    },
    {
      name: "says public beside an unknown label",
      labels: { "cfauth.access": "public", "cfauth.colour": "x" },
      saysPublic: true,
    },
    { name: "says public with a typo", labels: { "cfauth.access": "pubic" }, saysPublic: false },
    {
      name: "says public under a mistyped label",
      labels: { "cfauth.acess": "public" },
      saysPublic: false,
    },
    {
      name: "says authentik beside the faulty label",
      labels: { "cfauth.access": "authentik", "cfauth.port": "x" },
      saysPublic: false,
    },
    { name: "says nothing about access", labels: { "cfauth.port": "x" }, saysPublic: false },
  ])(
    "a faulty route counts as meant to be public only if it says so; this one $name",
    ({ labels, saysPublic }) => {
      expect(routes({ ...HOST, ...labels } as Workload["labels"]).faulty).toEqual([
        { at: "app.example.com", saysPublic, closeNow: false },
      ]);
    },
  );

  it("a fault that concerns one route names it", () => {
    expect(
      decoded([
        workload({
          "cfauth.hostname": "app.example.com",
          "cfauth.path": "/api",
          "cfauth.port": "x",
        }),
      ]).problems[0]?.route,
    ).toBe("app.example.com/api");
  });

  it("all faults of a container are reported at once", () => {
    const { problems } = decoded([
      workload(
        {
          "cfauth.hostname": "app.other.net",
          "cfauth.port": "x",
          "cfauth.access": "open",
          "cfauth.colour": "red",
          "cfauth.wait-healthy": "?",
        },
        { networks: {} },
      ),
    ]);
    expect(problems.map(({ label }) => label)).toEqual([
      "cfauth.colour",
      "cfauth.hostname",
      "cfauth.access",
      "cfauth.wait-healthy",
      "cfauth.port",
      "cfauth.network",
    ]);
  });

  it("a container that is switched off stays off, including its named routes", () => {
    expect(routes({ ...two, "cfauth.enable": "false" })).toEqual({ open: [], faulty: [] });
  });

  it("a container whose switch is invalid opens no routes, because it may be meant as off", () => {
    expect(
      routes({
        "cfauth.hostname": "app.example.com",
        "cfauth.enable": "No",
        "cfauth.b.hostname": "b.example.com",
      }).open,
    ).toEqual([]);
  });

  it("one route that is switched off leaves its sibling open", () => {
    expect(routes({ ...two, "cfauth.b.enable": "false" })).toEqual({
      open: ["a.example.com"],
      faulty: [],
    });
  });
});
