import { describe, expect, it } from "vitest";
import type { Workload } from "../../../../src/core/domain/workload.ts";
import { decoded, reachedExposure, workload } from "../../../support/builders.ts";
import { decodeLabels, KNOWN } from "./known.ts";

const AUTH = "auth.example.com";
const HIDDEN = {
  name: undefined,
  icon: undefined,
  description: undefined,
  category: undefined,
  hidden: true,
};
const login = reachedExposure(AUTH, { protection: { kind: "login" }, display: HIDDEN });
const vain = (label: string, text: string, fix: string) => [
  "CFA-AK-OWN-HOST",
  label,
  `${label}="${text}" cannot apply to ${AUTH}, Authentik's own hostname: it cannot sit behind its own login, so it stays open`,
  fix,
];
const remove = (label: string) => `remove ${label}; Authentik itself decides who may log in`;

describe("Authentik's own hostname", () => {
  it("Authentik's own hostname is public without a tile or a warning, because the login cannot be behind itself", () => {
    const { exposures, problems } = decodeLabels({ hostname: AUTH, "app.name": "Authentik" });
    expect([exposures, problems]).toEqual([[login], []]);
  });

  it("Authentik's own hostname causes no warning if its labels say public", () => {
    const { exposures, problems } = decodeLabels({ hostname: AUTH, access: "public" });
    expect([exposures, problems]).toEqual([[login], []]);
  });

  it("Authentik's own hostname stays open with CFAUTH_ALLOW_PUBLIC=false", () => {
    for (const labels of [
      {},
      { access: "public" },
      { "access.bypass": "/hooks" },
    ] satisfies Workload["labels"][]) {
      expect(decodeLabels({ hostname: AUTH, ...labels }, { allowPublic: false }).exposures).toEqual(
        [login],
      );
    }
  });

  it("Authentik's own hostname is open although every route has default groups, known or not", () => {
    const defaults = { access: "authentik", groups: ["zebra"], session: "24h" } as const;
    const { exposures, problems } = decodeLabels({ hostname: AUTH }, { defaults });
    expect([exposures, problems]).toEqual([[login], []]);
  });

  it.each([
    { key: "access", text: "authentik" },
    { key: "access", text: "authentic" },
    { key: "access.groups", text: "family" },
    { key: "access.groups", text: "familly" },
    { key: "access.emails", text: "ann" },
    { key: "access.session", text: "1h" },
    { key: "access.bypass", text: "/hooks" },
    { key: "access.policies", text: "Anyone" },
    { key: "access.service-tokens", text: "any" },
  ])("Authentik's own hostname is open in spite of $key=$text, with a warning", ({ key, text }) => {
    const { exposures, problems, says } = decodeLabels({ hostname: AUTH, [key]: text });
    expect(exposures).toEqual([login]);
    expect(says).toEqual([vain(`cfauth.${key}`, text, remove(`cfauth.${key}`))]);
    expect(problems.map(({ severity, effect, route }) => [severity, effect, route])).toEqual([
      ["warning", "unchanged", AUTH],
    ]);
  });

  it("Authentik's own hostname causes a warning for each label without effect", () => {
    const { problems } = decodeLabels({
      hostname: AUTH,
      access: "authentik",
      "access.groups": "family",
      "access.session": "1h",
    });
    expect(problems.map(({ label }) => label)).toEqual([
      "cfauth.access",
      "cfauth.access.groups",
      "cfauth.access.session",
    ]);
  });

  it("Authentik's own hostname does not open with other faulty labels, and stays as it is if it is open", () => {
    const { exposures, faulty } = decodeLabels({ hostname: AUTH, port: "x", access: "authentik" });
    expect(exposures).toEqual([]);
    expect(faulty.map(({ saysPublic, closeNow }) => [saysPublic, closeNow])).toEqual([
      [true, false],
    ]);
  });

  it("Authentik's own hostname leads to its container by the short id if another one answers to the name", () => {
    const twin = workload({}, { name: "x-app-1", service: { project: "x", name: "app" } });
    const { exposures, problems } = decoded([
      workload({ "cfauth.hostname": AUTH }, { id: "0123456789abcdef" }),
      twin,
    ]);
    expect([exposures.map(({ origin }) => origin.service), problems]).toEqual([
      ["http://0123456789ab:80"],
      [],
    ]);
  });
});

describe("a second hostname in the label of Authentik's own", () => {
  const hostname = `${AUTH},other.example.com`;
  const apart = "give auth.example.com a route of its own, cfauth.login.hostname";

  it("a second hostname of Authentik's container is protected", () => {
    expect(decodeLabels({ hostname }).opens).toEqual([
      `${AUTH} login`,
      "other.example.com authentik",
    ]);
  });

  it("a second hostname of Authentik's container keeps its protection: the warning says to separate the labels, not to remove them", () => {
    const { exposures, says } = decodeLabels({ hostname, "access.groups": "family" });
    expect(exposures.map(({ protection }) => protection.kind)).toEqual(["login", "authentik"]);
    expect(says).toEqual([vain("cfauth.access.groups", "family", apart)]);
  });

  it("a second hostname of Authentik's container has its paths without a login, and Authentik's own has none", () => {
    expect(decodeLabels({ hostname, "access.bypass": "/hooks" }).opens).toEqual([
      `${AUTH} login`,
      "other.example.com authentik",
      "other.example.com/hooks public",
    ]);
  });

  it.each<{
    name: string;
    labels: Workload["labels"];
    allowPublic?: boolean;
    code: string;
    faulty: readonly unknown[];
  }>([
    {
      name: "an unknown group",
      labels: { "access.groups": "familly" },
      code: "CFA-GROUP-UNKNOWN",
      faulty: [["other.example.com", undefined, false, false]],
    },
    {
      name: "public, although nothing may be public",
      labels: { access: "public" },
      allowPublic: false,
      code: "CFA-PUBLIC-FORBIDDEN",
      faulty: [["other.example.com", undefined, true, true]],
    },
    {
      name: "paths without a login, although nothing may be public",
      labels: { "access.bypass": "/hooks" },
      allowPublic: false,
      code: "CFA-PUBLIC-FORBIDDEN",
      faulty: [
        ["other.example.com", undefined, false, false],
        ["other.example.com", "/hooks", true, true],
      ],
    },
  ])(
    "only the second hostname is closed by a fault of its protection: $name",
    ({ labels, allowPublic = true, code, faulty }) => {
      const it_ = decodeLabels({ hostname, ...labels }, { allowPublic });
      expect(it_.exposures).toEqual([login]);
      expect(
        it_.faulty.map(({ route, saysPublic, closeNow }) => [
          route.hostname,
          route.path,
          saysPublic,
          closeNow,
        ]),
      ).toEqual(faulty);
      expect(
        it_.problems
          .filter(({ severity }) => severity === "error")
          .map(({ code: found, route }) => [found, route]),
      ).toEqual([[code, "other.example.com"]]);
    },
  );

  it("a public second hostname is closed at once if nothing may be public, while Authentik's own stays as it is despite other faults", () => {
    const { exposures, faulty } = decodeLabels(
      { hostname, access: "public", port: "x" },
      { allowPublic: false },
    );
    expect(exposures).toEqual([]);
    expect(faulty.map(({ route, closeNow }) => [route.hostname, closeNow])).toEqual([
      [AUTH, false],
      ["other.example.com", true],
    ]);
  });

  it("a second hostname is closed together with Authentik's own by any other fault", () => {
    const { exposures, faulty } = decodeLabels({ hostname, port: "x" });
    expect(exposures).toEqual([]);
    expect(
      faulty.map(({ route, saysPublic, closeNow }) => [route.hostname, saysPublic, closeNow]),
    ).toEqual([
      [AUTH, true, false],
      ["other.example.com", false, false],
    ]);
  });
});

describe("a path in AUTHENTIK_URL", () => {
  const settings = { login: { host: "example.com", path: "/auth" }, lookups: KNOWN };

  it.each<{ name: string; labels: Workload["labels"]; opens: readonly string[] }>([
    {
      name: "with a path in AUTHENTIK_URL, the route of exactly that path is the login",
      labels: { path: "/auth" },
      opens: ["example.com/auth login"],
    },
    {
      name: "with a path in AUTHENTIK_URL, the route with a trailing slash is the login",
      labels: { path: "/auth/" },
      opens: ["example.com/auth login"],
    },
    {
      name: "with a path in AUTHENTIK_URL, the rest of its hostname is protected",
      labels: {},
      opens: ["example.com authentik"],
    },
    {
      name: "with a path in AUTHENTIK_URL, a path below it is protected",
      labels: { path: "/auth/admin" },
      opens: ["example.com/auth/admin authentik"],
    },
    {
      name: "with a path in AUTHENTIK_URL, a path beside it is protected",
      labels: { path: "/authors" },
      opens: ["example.com/authors authentik"],
    },
  ])("$name", ({ labels, opens }) => {
    expect(decodeLabels({ hostname: "example.com", ...labels }, settings).opens).toEqual(opens);
  });

  it("with a path in AUTHENTIK_URL, the same path of another hostname is protected", () => {
    expect(decodeLabels({ path: "/auth" }, settings).opens).toEqual([
      "app.example.com/auth authentik",
    ]);
  });

  it("a path of Authentik's own hostname is protected if the whole hostname is Authentik's", () => {
    expect(decodeLabels({ hostname: AUTH, path: "/x" }).opens).toEqual([`${AUTH}/x authentik`]);
  });

  it("a wildcard around Authentik's own hostname is protected", () => {
    expect(decodeLabels({ hostname: "*.example.com" }).opens).toEqual(["*.example.com authentik"]);
  });
});
