import { describe, expect, it } from "vitest";
import type { Workload } from "../../src/domain/workload.ts";
import { decoded, workload } from "../builders.ts";

const HOST = { "cfauth.hostname": "app.example.com" };

describe("how far a fault reaches", () => {
  const routes = (labels: Workload["labels"], ...others: readonly Workload[]) => {
    const { exposures, faulty } = decoded([workload(labels), ...others]);
    return {
      open: exposures.map(({ route }) => route.hostname),
      faulty: faulty.map(({ route, saysPublic, shut }) => ({ at: `${route.hostname}${route.path ?? ""}`, saysPublic, shut })),
    };
  };
  const two = { "cfauth.a.hostname": "a.example.com", "cfauth.b.hostname": "b.example.com" };

  it("one named route with a fault leaves its sibling open", () => {
    expect(routes({ ...two, "cfauth.b.port": "x" })).toEqual({
      open: ["a.example.com"],
      faulty: [{ at: "b.example.com", saysPublic: false, shut: false }],
    });
  });

  it("an unknown label keeps all routes of the container shut, since it may have meant any of them", () => {
    expect(routes({ ...two, "cfauth.acess": "authentik" })).toEqual({
      open: [],
      faulty: [
        { at: "a.example.com", saysPublic: false, shut: false },
        { at: "b.example.com", saysPublic: false, shut: false },
      ],
    });
  });

  it("a route without a hostname keeps all routes of the container shut", () => {
    expect(routes({ ...two, "cfauth.port": "80" }).open).toEqual([]);
  });

  it.each([
    { name: "has a path", hostname: "app.example.com/admin" },
    { name: "is empty", hostname: "" },
    { name: "lies in no zone", hostname: "app.exmaple.com" },
  ])("a hostname that $name keeps all routes of the container shut, since it may have been meant inside one of them", ({ hostname }) => {
    const whole = { "cfauth.hostname": "app.example.com", "cfauth.access": "public" };
    expect(routes({ ...whole, "cfauth.admin.hostname": hostname, "cfauth.admin.path": "/admin" }).open).toEqual([]);
  });

  it("a fault of one container leaves the others open", () => {
    expect(
      routes({ "cfauth.hostname": "app.example.com", "cfauth.acess": "x" }, workload({ "cfauth.hostname": "b.example.com" }, { name: "b" }))
        .open,
    ).toEqual(["b.example.com"]);
  });

  it("a fault of one of several hostnames keeps the good ones shut as well", () => {
    expect(routes({ "cfauth.hostname": "a.example.com,b_.example.com" })).toEqual({
      open: [],
      faulty: [{ at: "a.example.com", saysPublic: false, shut: false }],
    });
  });

  it("a name that another container answers to shuts even what is open", () => {
    const twin = workload({}, { name: "x-app-1", service: { project: "x", name: "app" } });
    expect(routes({ ...HOST, "cfauth.access": "public" }, twin)).toEqual({
      open: [],
      faulty: [{ at: "app.example.com", saysPublic: true, shut: true }],
    });
  });

  it.each([
    { name: "in other letters", container: "App", twin: { name: "app", id: "other" } },
    { name: "by its short id", container: "0123456789ab", twin: { id: "0123456789abcdef" } },
  ])("a name that another container answers to $name is no name to go by", ({ container, twin }) => {
    const { exposures, problems } = decoded([workload(HOST, { name: container }), workload({}, { name: "twin", ...twin })]);
    expect([exposures, problems.map(({ code }) => code)]).toEqual([[], ["CFA-NAME-AMBIGUOUS"]]);
  });

  it("a name that another container answers to on a network that a label names is none either: cloudflared is on that one as well", () => {
    const behind = workload(
      { "cfauth.hostname": "b.example.com", "cfauth.network": "backend" },
      { name: "b", networks: { backend: { ip: "" } } },
    );
    const twin = workload({}, { name: "x-app-1", service: { project: "x", name: "app" }, networks: { backend: { ip: "" } } });
    const opens = (...all: readonly Workload[]) => decoded([workload(HOST), ...all]).exposures.map(({ origin }) => origin.service);
    expect([opens(twin), opens(behind), opens(behind, twin)]).toEqual([
      ["http://app:80"],
      ["http://app:80", "http://b:80"],
      ["http://b:80"],
    ]);
  });

  it.each(["192.168.1.1", "Localhost", "app."])("a container with the name %s, which leads elsewhere, is not opened by it", (name) => {
    const { exposures, faulty, problems } = decoded([workload(HOST, { name })]);
    expect([exposures, faulty[0]?.shut, problems.map(({ code }) => code)]).toEqual([[], true, ["CFA-NAME-AMBIGUOUS"]]);
  });

  it("a container with another machine's address for a name does not lead there by the label service", () => {
    const { exposures, problems } = decoded([workload({ ...HOST, "cfauth.service": "http://192.168.1.1:80" }, { name: "192.168.1.1" })]);
    expect([exposures, problems.map(({ code }) => code)]).toEqual([[], ["CFA-SERVICE-FORBIDDEN"]]);
  });

  it.each([
    { name: "says public beside the faulty label", labels: { "cfauth.access": "public", "cfauth.port": "x" }, saysPublic: true },
    { name: "says public beside an unknown label", labels: { "cfauth.access": "public", "cfauth.colour": "x" }, saysPublic: true },
    { name: "says public with a typo", labels: { "cfauth.access": "pubic" }, saysPublic: false },
    { name: "says public under a mistyped label", labels: { "cfauth.acess": "public" }, saysPublic: false },
    { name: "says authentik beside the faulty label", labels: { "cfauth.access": "authentik", "cfauth.port": "x" }, saysPublic: false },
    { name: "says nothing of access", labels: { "cfauth.port": "x" }, saysPublic: false },
  ])("a faulty route counts as wishing to be public only where it says so: $name", ({ labels, saysPublic }) => {
    expect(routes({ ...HOST, ...labels } as Workload["labels"]).faulty).toEqual([{ at: "app.example.com", saysPublic, shut: false }]);
  });

  it("a fault that concerns one route names it", () => {
    expect(
      decoded([workload({ "cfauth.hostname": "app.example.com", "cfauth.path": "/api", "cfauth.port": "x" })]).problems[0]?.route,
    ).toBe("app.example.com/api");
  });

  it("every fault of a container is told at once", () => {
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

  it("a container that is switched off stays off, named routes and all", () => {
    expect(routes({ ...two, "cfauth.enable": "false" })).toEqual({ open: [], faulty: [] });
  });

  it("a container whose switch cannot be read opens none of its routes, since it may have meant off", () => {
    expect(routes({ "cfauth.hostname": "app.example.com", "cfauth.enable": "No", "cfauth.b.hostname": "b.example.com" }).open).toEqual([]);
  });

  it("one route that is switched off leaves its sibling open", () => {
    expect(routes({ ...two, "cfauth.b.enable": "false" })).toEqual({ open: ["a.example.com"], faulty: [] });
  });
});
