import { describe, expect, it } from "vitest";
import type { AuthentikContainer } from "../../../../src/core/domain/authentik-container.ts";
import type { Workload } from "../../../../src/core/domain/workload.ts";
import { authentikIs, type ContextOptions } from "../../../support/builders.ts";
import { decodeLabels } from "./known.ts";

const AUTH = "auth.example.com";
const login = (
  container: AuthentikContainer,
  more: Partial<NonNullable<ContextOptions["login"]>> = {},
) => ({
  login: { host: AUTH, path: "", container, ...more },
});
const FOUND = login(authentikIs("authentik"));

describe("a container that is not Authentik and asks for Authentik's hostname", () => {
  it.each<{ name: string; labels: Workload["labels"]; settings?: ContextOptions }>([
    { name: "the whole hostname", labels: { hostname: AUTH } },
    {
      name: "the keys of the login",
      labels: { hostname: AUTH, path: "/application/o/cf-tunnel-access/jwks", access: "public" },
    },
    {
      name: "the token endpoint",
      labels: { hostname: AUTH, path: "/application/o/token", access: "public" },
    },
    { name: "a flow", labels: { hostname: AUTH, path: "/if/flow", access: "public" } },
    { name: "any path, protected", labels: { hostname: AUTH, path: "/wiki" } },
    {
      name: "paths without a login",
      labels: { hostname: AUTH, "access.bypass": "/application/o,/if" },
    },
    { name: "in capitals", labels: { hostname: "AUTH.Example.COM" } },
    { name: "with a trailing dot", labels: { hostname: `${AUTH}.` } },
    { name: "in full-width letters", labels: { hostname: "ａｕｔｈ.example.com" } },
    { name: "with the full stops of another script", labels: { hostname: "auth。example。com" } },
    { name: "as a short name", labels: { hostname: "auth" } },
    { name: "with adoption", labels: { hostname: AUTH, adopt: "true" } },
    { name: "on two routes", labels: { hostname: AUTH, "b.hostname": AUTH, "b.path": "/b" } },
    {
      name: "with other faults",
      labels: { hostname: AUTH, port: "x", access: "pubic", "access.bypass": "//" },
    },
    {
      name: "beside a path prefix in AUTHENTIK_URL",
      labels: { hostname: AUTH },
      settings: login(authentikIs("authentik"), { path: "/ak" }),
    },
    {
      name: "below a path prefix in AUTHENTIK_URL",
      labels: { hostname: AUTH, path: "/ak/x" },
      settings: login(authentikIs("authentik"), { path: "/ak" }),
    },
  ])(
    "a container that is not Authentik gets none of Authentik's hostname, and one problem: $name",
    ({ labels, settings = FOUND }) => {
      const { exposures, faulty, problems } = decodeLabels(labels, settings);
      expect([exposures, faulty]).toEqual([[], []]);
      expect(
        problems.map(({ code, severity, effect, container }) => [
          code,
          severity,
          effect,
          container,
        ]),
      ).toEqual([["CFA-AK-OWN-HOST", "error", "closed", "app"]]);
    },
  );

  it("a container that asks for Authentik's hostname keeps its other hostnames", () => {
    const { opens, says } = decodeLabels({ hostname: `${AUTH},app.example.com` }, FOUND);
    expect([opens, says.map(([code]) => code)]).toEqual([
      ["app.example.com authentik"],
      ["CFA-AK-OWN-HOST"],
    ]);
  });

  it.each<{ name: string; container: AuthentikContainer; which: string }>([
    {
      name: "which container is Authentik",
      container: authentikIs("authentik"),
      which: "authentik",
    },
    {
      name: "that Authentik does not run here",
      container: { kind: "absent", name: "ak" },
      which: "ak, which is not running here",
    },
    {
      name: "that several containers have its name",
      container: { kind: "ambiguous", name: "ak", containers: ["a", "b"] },
      which: "a and b all answer to its name, ak",
    },
    {
      name: "that no setting names a container",
      container: { kind: "unnamed" },
      which: "neither AUTHENTIK_API_URL nor CFAUTH_AUTHENTIK_CONTAINER names a container",
    },
  ])("the problem of Authentik's hostname says $name", ({ container, which }) => {
    const [problem] = decodeLabels({ hostname: AUTH }, login(container)).problems;
    expect(problem?.message).toBe(
      `cfauth.hostname asks for ${AUTH}, which only Authentik's own container may use (${which}); another container there could forge every login`,
    );
    expect(problem?.fix).toBe(
      "choose another hostname; only if app is Authentik itself, set CFAUTH_AUTHENTIK_CONTAINER=app on cfauth",
    );
  });
});

describe("Authentik's own container", () => {
  const OWN = login(authentikIs("app"));

  it("Authentik's own container may protect a path of its hostname", () => {
    expect(
      decodeLabels(
        { hostname: AUTH, "admin.hostname": AUTH, "admin.path": "/if/admin" },
        OWN,
      ).opens.toSorted(),
    ).toEqual([`${AUTH} login`, `${AUTH}/if/admin authentik`]);
  });

  it("Authentik's own container may use the rest of its hostname if AUTHENTIK_URL has a path", () => {
    const settings = login(authentikIs("app"), { path: "/ak" });
    expect(
      decodeLabels(
        { hostname: AUTH, "ak.hostname": AUTH, "ak.path": "/ak" },
        settings,
      ).opens.toSorted(),
    ).toEqual([`${AUTH} authentik`, `${AUTH}/ak login`]);
  });
});
