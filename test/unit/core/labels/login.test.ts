import { describe, expect, it } from "vitest";
import type { Workload } from "../../../../src/core/domain/workload.ts";
import { decoded, reachedExposure, workload } from "../../../support/builders.ts";
import { KNOWN, labelled } from "./known.ts";

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
  it("is open to anyone and in no library, without a word, since the login cannot stand behind itself", () => {
    const { exposures, problems } = labelled({ hostname: AUTH, "app.name": "Authentik" });
    expect([exposures, problems]).toEqual([[login], []]);
  });

  it("is no warning where it says public", () => {
    const { exposures, problems } = labelled({ hostname: AUTH, access: "public" });
    expect([exposures, problems]).toEqual([[login], []]);
  });

  it("stays open where nothing may be public", () => {
    for (const labels of [
      {},
      { access: "public" },
      { "access.bypass": "/hooks" },
    ] satisfies Workload["labels"][]) {
      expect(labelled({ hostname: AUTH, ...labels }, { allowPublic: false }).exposures).toEqual([
        login,
      ]);
    }
  });

  it("is open where every route has default groups, whether they are known or not", () => {
    const defaults = { access: "authentik", groups: ["zebra"], session: "24h" } as const;
    const { exposures, problems } = labelled({ hostname: AUTH }, { defaults });
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
  ])("is open in spite of $key=$text, with a warning", ({ key, text }) => {
    const { exposures, problems, says } = labelled({ hostname: AUTH, [key]: text });
    expect(exposures).toEqual([login]);
    expect(says).toEqual([vain(`cfauth.${key}`, text, remove(`cfauth.${key}`))]);
    expect(problems.map(({ severity, effect, route }) => [severity, effect, route])).toEqual([
      ["warning", "unchanged", AUTH],
    ]);
  });

  it("warns of each label that is in vain", () => {
    const { problems } = labelled({
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

  it("opens not where its own labels are faulty otherwise, and stays as it is where it is open", () => {
    const { exposures, faulty } = labelled({ hostname: AUTH, port: "x", access: "authentik" });
    expect(exposures).toEqual([]);
    expect(faulty.map(({ saysPublic, closeNow }) => [saysPublic, closeNow])).toEqual([
      [true, false],
    ]);
  });

  it("leads to its container by the short id where another one answers to the name", () => {
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

  it("is protected", () => {
    expect(labelled({ hostname }).opens).toEqual([`${AUTH} login`, "other.example.com authentik"]);
  });

  it("keeps its protection: what is in vain for Authentik is to be given apart, not removed", () => {
    const { exposures, says } = labelled({ hostname, "access.groups": "family" });
    expect(exposures.map(({ protection }) => protection.kind)).toEqual(["login", "authentik"]);
    expect(says).toEqual([vain("cfauth.access.groups", "family", apart)]);
  });

  it("has its paths without a login, and Authentik's has none", () => {
    expect(labelled({ hostname, "access.bypass": "/hooks" }).opens).toEqual([
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
      name: "public, where nothing may be",
      labels: { access: "public" },
      allowPublic: false,
      code: "CFA-PUBLIC-FORBIDDEN",
      faulty: [["other.example.com", undefined, true, true]],
    },
    {
      name: "paths without a login, where nothing may be public",
      labels: { "access.bypass": "/hooks" },
      allowPublic: false,
      code: "CFA-PUBLIC-FORBIDDEN",
      faulty: [
        ["other.example.com", undefined, false, false],
        ["other.example.com", "/hooks", true, true],
      ],
    },
  ])(
    "is shut alone by a fault of its protection: $name",
    ({ labels, allowPublic = true, code, faulty }) => {
      const it_ = labelled({ hostname, ...labels }, { allowPublic });
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

  it("is shut at once where nothing may be public, while Authentik's stays as it is, whatever else is faulty", () => {
    const { exposures, faulty } = labelled(
      { hostname, access: "public", port: "x" },
      { allowPublic: false },
    );
    expect(exposures).toEqual([]);
    expect(faulty.map(({ route, closeNow }) => [route.hostname, closeNow])).toEqual([
      [AUTH, false],
      ["other.example.com", true],
    ]);
  });

  it("is shut together with it by any other fault", () => {
    const { exposures, faulty } = labelled({ hostname, port: "x" });
    expect(exposures).toEqual([]);
    expect(
      faulty.map(({ route, saysPublic, closeNow }) => [route.hostname, saysPublic, closeNow]),
    ).toEqual([
      [AUTH, true, false],
      ["other.example.com", false, false],
    ]);
  });
});

describe("with a path in AUTHENTIK_URL", () => {
  const settings = { login: { host: "example.com", path: "/auth" }, lookups: KNOWN };

  it.each<{ name: string; labels: Workload["labels"]; opens: readonly string[] }>([
    {
      name: "the route of just that path is the login",
      labels: { path: "/auth" },
      opens: ["example.com/auth login"],
    },
    {
      name: "the same with a closing slash",
      labels: { path: "/auth/" },
      opens: ["example.com/auth login"],
    },
    { name: "the rest of its hostname is protected", labels: {}, opens: ["example.com authentik"] },
    {
      name: "a path below it is protected",
      labels: { path: "/auth/admin" },
      opens: ["example.com/auth/admin authentik"],
    },
    {
      name: "a path beside it is protected",
      labels: { path: "/authors" },
      opens: ["example.com/authors authentik"],
    },
  ])("$name", ({ labels, opens }) => {
    expect(labelled({ hostname: "example.com", ...labels }, settings).opens).toEqual(opens);
  });

  it("that path of another hostname is protected", () => {
    expect(labelled({ path: "/auth" }, settings).opens).toEqual(["app.example.com/auth authentik"]);
  });

  it("a path of a host that is Authentik's whole is protected", () => {
    expect(labelled({ hostname: AUTH, path: "/x" }).opens).toEqual([`${AUTH}/x authentik`]);
  });

  it("a wildcard around it is protected", () => {
    expect(labelled({ hostname: "*.example.com" }).opens).toEqual(["*.example.com authentik"]);
  });
});
