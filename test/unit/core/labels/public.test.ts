import { describe, expect, it } from "vitest";
import type { Workload } from "../../../../src/core/domain/workload.ts";
import { labelled } from "./known.ts";

const PUBLIC = { access: "public", groups: [], session: "24h" } as const;

describe("access=public", () => {
  it.each([
    { key: "access.groups", text: "family" },
    { key: "access.emails", text: "ann@example.com" },
    { key: "access.session", text: "24h" },
    { key: "access.bypass", text: "/hooks" },
    { key: "access.policies", text: "Friends" },
    { key: "access.service-tokens", text: "backup" },
  ])("beside $key opens nothing: which of the two is meant?", ({ key, text }) => {
    const { exposures, says } = labelled({ access: "public", [key]: text });
    expect(exposures).toEqual([]);
    expect(says).toEqual([
      [
        "CFA-LABEL-CLASH",
        `cfauth.${key}`,
        `cfauth.${key}="${text}" has no effect on a public route`,
        `remove cfauth.${key}`,
      ],
    ]);
  });
});

describe("where routes are public by default", () => {
  it.each<{ name: string; labels: Workload["labels"]; opens: readonly string[] }>([
    { name: "one that says nothing is public", labels: {}, opens: ["app.example.com public"] },
    {
      name: "one that says authentik is protected",
      labels: { access: "authentik" },
      opens: ["app.example.com authentik"],
    },
    {
      name: "one that names groups is protected",
      labels: { "access.groups": "family" },
      opens: ["app.example.com authentik"],
    },
    {
      name: "one that names addresses is protected",
      labels: { "access.emails": "@example.com" },
      opens: ["app.example.com authentik"],
    },
    {
      name: "one that names a session is protected",
      labels: { "access.session": "1h" },
      opens: ["app.example.com authentik"],
    },
    {
      name: "one that names paths without a login is protected elsewhere",
      labels: { "access.bypass": "/hooks" },
      opens: ["app.example.com authentik", "app.example.com/hooks public"],
    },
    { name: "one with a typo in access opens nothing", labels: { access: "authentic" }, opens: [] },
    {
      name: "one with a typo in the name of a group opens nothing",
      labels: { "access.groups": "familly" },
      opens: [],
    },
  ])("$name", ({ labels, opens }) => {
    expect(labelled(labels, { defaults: PUBLIC }).opens).toEqual(opens);
  });

  it.each<{ name: string; labels: Workload["labels"] }>([
    { name: "an unknown label", labels: { acess: "authentik" } },
    { name: "a faulty one", labels: { port: "x" } },
  ])(
    "one that is open is shut when its labels get $name, since they do not say public",
    ({ labels }) => {
      expect(
        labelled(labels, { defaults: PUBLIC }).faulty.map(({ saysPublic }) => saysPublic),
      ).toEqual([false]);
    },
  );
});

describe("where nothing may be public", () => {
  const barred = (labels: Workload["labels"]) => labelled(labels, { allowPublic: false });

  it("a public route opens not, and an open one is shut", () => {
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

  it("a path without a login opens not, and an open one is shut, while the protected route around it stays as it is", () => {
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

  it("a named public route is shut, and its protected sibling stays open", () => {
    const { opens, faulty } = barred({
      "blog.hostname": "blog.example.com",
      "blog.access": "public",
    });
    expect(opens).toEqual(["app.example.com authentik"]);
    expect(faulty.map(({ route, closeNow }) => [route.hostname, closeNow])).toEqual([
      ["blog.example.com", true],
    ]);
  });

  it("a protected route opens as ever", () => {
    expect(barred({ "access.groups": "family" }).opens).toEqual(["app.example.com authentik"]);
  });
});
