import { describe, expect, it } from "vitest";
import type { Workload } from "../../../../src/core/domain/workload.ts";
import { decodeLabels } from "./known.ts";

const PUBLIC = { access: "public", groups: [], session: "24h" } as const;

describe("access=public", () => {
  it.each([
    { key: "access.groups", text: "family" },
    { key: "access.emails", text: "ann@example.com" },
    { key: "access.session", text: "24h" },
    { key: "access.bypass", text: "/hooks" },
    { key: "access.policies", text: "Friends" },
    { key: "access.service-tokens", text: "backup" },
  ])(
    "access=public beside $key opens nothing, because it is unknown which of the two is meant",
    ({ key, text }) => {
      const { exposures, says } = decodeLabels({ access: "public", [key]: text });
      expect(exposures).toEqual([]);
      expect(says).toEqual([
        [
          "CFA-LABEL-CLASH",
          `cfauth.${key}`,
          `cfauth.${key}="${text}" has no effect on a public route`,
          `remove cfauth.${key}`,
        ],
      ]);
    },
  );
});

describe("public by default", () => {
  it.each<{ name: string; labels: Workload["labels"]; opens: readonly string[] }>([
    {
      name: "by default public, a route without access labels is public",
      labels: {},
      opens: ["app.example.com public"],
    },
    {
      name: "by default public, a route that says authentik is protected",
      labels: { access: "authentik" },
      opens: ["app.example.com authentik"],
    },
    {
      name: "by default public, a route that names groups is protected",
      labels: { "access.groups": "family" },
      opens: ["app.example.com authentik"],
    },
    {
      name: "by default public, a route that names addresses is protected",
      labels: { "access.emails": "@example.com" },
      opens: ["app.example.com authentik"],
    },
    {
      name: "by default public, a route that names a session is protected",
      labels: { "access.session": "1h" },
      opens: ["app.example.com authentik"],
    },
    {
      name: "by default public, a route that lists paths without a login is protected elsewhere",
      labels: { "access.bypass": "/hooks" },
      opens: ["app.example.com authentik", "app.example.com/hooks public"],
    },
    {
      name: "by default public, a route with a typo in access opens nothing",
      labels: { access: "authentic" },
      opens: [],
    },
    {
      name: "by default public, a route with a typo in a group's name opens nothing",
      labels: { "access.groups": "familly" },
      opens: [],
    },
  ])("$name", ({ labels, opens }) => {
    expect(decodeLabels(labels, { defaults: PUBLIC }).opens).toEqual(opens);
  });

  it.each<{ name: string; labels: Workload["labels"] }>([
    { name: "an unknown label", labels: { acess: "authentik" } },
    { name: "a faulty label", labels: { port: "x" } },
  ])(
    "an open route is closed when its labels get $name, because they do not say public",
    ({ labels }) => {
      expect(
        decodeLabels(labels, { defaults: PUBLIC }).faulty.map(({ saysPublic }) => saysPublic),
      ).toEqual([false]);
    },
  );
});

describe("a daemon on which nothing may be public", () => {
  const barred = (labels: Workload["labels"]) => decodeLabels(labels, { allowPublic: false });

  it("a public route does not open if nothing may be public, and an open one is closed", () => {
    const { exposures, faulty, says } = barred({ access: "public" });
    expect(exposures).toEqual([]);
    expect(faulty.map(({ closeNow }) => closeNow)).toEqual([true]);
    expect(says).toEqual([
      [
        "CFA-PUBLIC-FORBIDDEN",
        "cfauth.access",
        "access=public is switched off here (CFAUTH_ALLOW_PUBLIC=false)",
        "remove cfauth.access, or set CFAUTH_ALLOW_PUBLIC=true on cfauth",
      ],
    ]);
  });

  it("a path without a login does not open if nothing may be public, and an open one is closed while its protected route stays", () => {
    const { exposures, faulty, says } = barred({ "access.bypass": "/hooks,x" });
    expect(exposures).toEqual([]);
    expect(
      faulty.map(({ route, saysPublic, closeNow }) => [route.path, saysPublic, closeNow]),
    ).toEqual([
      [undefined, false, false],
      ["/hooks", true, true],
    ]);
    expect(says).toEqual([
      [
        "CFA-PUBLIC-FORBIDDEN",
        "cfauth.access.bypass",
        "access.bypass is switched off here (CFAUTH_ALLOW_PUBLIC=false)",
        "remove cfauth.access.bypass, or set CFAUTH_ALLOW_PUBLIC=true on cfauth",
      ],
    ]);
  });

  it("a named public route is closed if nothing may be public, and its protected sibling stays open", () => {
    const { opens, faulty } = barred({
      "blog.hostname": "blog.example.com",
      "blog.access": "public",
    });
    expect(opens).toEqual(["app.example.com authentik"]);
    expect(faulty.map(({ route, closeNow }) => [route.hostname, closeNow])).toEqual([
      ["blog.example.com", true],
    ]);
  });

  it("a protected route opens as usual if nothing may be public", () => {
    expect(barred({ "access.groups": "family" }).opens).toEqual(["app.example.com authentik"]);
  });
});
