import { describe, expect, it } from "vitest";
import type { Workload } from "../../../../src/core/domain/workload.ts";
import { anybody, decoded, only, reachedExposure, workload } from "../../../support/builders.ts";
import { decodeLabels } from "./known.ts";

const HIDDEN = {
  name: undefined,
  icon: undefined,
  description: undefined,
  category: undefined,
  hidden: true,
};

describe("paths that need no login", () => {
  it("paths without a login are separate public routes without a tile beside the protected route", () => {
    const { exposures, problems } = decodeLabels({
      "access.bypass": "/hooks/, /healthz,/hooks",
      "app.name": "Wiki",
      adopt: "true",
    });
    const bypass = { protection: anybody, display: HIDDEN, adopt: true };
    expect(problems).toEqual([]);
    expect(exposures).toEqual([
      reachedExposure("app.example.com", {
        display: { ...HIDDEN, name: "Wiki", hidden: false },
        adopt: true,
      }),
      reachedExposure("app.example.com/hooks", bypass),
      reachedExposure("app.example.com/healthz", bypass),
    ]);
  });

  it("of nested paths without a login only the outermost becomes a route", () => {
    expect(
      decodeLabels({ "access.bypass": "/hooks/github,/hooks,/hooks/gitlab/x,/hooksy" }).opens,
    ).toEqual([
      "app.example.com authentik",
      "app.example.com/hooks public",
      "app.example.com/hooksy public",
    ]);
  });

  it("paths without a login exist at each of several hostnames", () => {
    expect(
      decodeLabels({ hostname: "a.example.com,b.example.com", "access.bypass": "/hooks" }).opens,
    ).toEqual([
      "a.example.com authentik",
      "b.example.com authentik",
      "a.example.com/hooks public",
      "b.example.com/hooks public",
    ]);
  });

  it("paths without a login are below the path of their route", () => {
    expect(decodeLabels({ path: "/api", "access.bypass": "/api/hooks" }).opens).toEqual([
      "app.example.com/api authentik",
      "app.example.com/api/hooks public",
    ]);
  });

  it("paths without a login do not change who may enter the rest", () => {
    expect(
      decodeLabels({ "access.groups": "family", "access.bypass": "/hooks" }).exposures.map(
        ({ protection }) => protection,
      ),
    ).toEqual([only({ groups: ["family"] }), anybody]);
  });

  it("paths without a login wait for the health check of their route and have its origin", () => {
    const starting = workload(
      {
        "cfauth.hostname": "app.example.com",
        "cfauth.port": "81",
        "cfauth.access.bypass": "/hooks",
      },
      { health: "starting" },
    );
    const gate = "the health check of container app (starting)";
    expect(
      decoded([starting]).exposures.map((it) => [it.notReadyReason, it.origin.service]),
    ).toEqual([
      [gate, "http://app.tunnel:81"],
      [gate, "http://app.tunnel:81"],
    ]);
  });
});

const whole = "is the whole route";
const instead = "write cfauth.access: public instead, if anyone may enter";

describe("invalid paths without a login", () => {
  it.each<{ name: string; labels?: Workload["labels"]; bad: string; why: string; fix: string }>([
    { name: "the whole host", bad: "/", why: whole, fix: instead },
    { name: "the whole host in several slashes", bad: "//", why: whole, fix: instead },
    {
      name: "the route's own path",
      labels: { path: "/api" },
      bad: "/api",
      why: whole,
      fix: instead,
    },
    {
      name: "the route's own path with a slash",
      labels: { path: "/api" },
      bad: "/api/",
      why: whole,
      fix: instead,
    },
    {
      name: "a path outside the route's path",
      labels: { path: "/api" },
      bad: "/hooks",
      why: "is not below /api, the path of this route",
      fix: "write /api/hooks",
    },
    {
      name: "a path that only begins like the route's",
      labels: { path: "/api" },
      bad: "/apiary",
      why: "is not below /api, the path of this route",
      fix: "write /api/apiary",
    },
    {
      name: "a path without a slash",
      bad: "hooks",
      why: "does not begin with a slash",
      fix: "write /hooks",
    },
    {
      name: "a path with ..",
      bad: "/hooks/..",
      why: "has an empty, . or .. segment",
      fix: "write the path as the browser shows it, such as /api/v1",
    },
    {
      name: "a path with an asterisk",
      bad: "/hooks/*",
      why: "has characters other than letters, digits and - . _ ~ @ : +",
      fix: "write a plain prefix such as /api; everything below it is covered",
    },
  ])(
    "$name as a path without a login opens nothing, including the valid paths beside it",
    ({ labels = {}, bad, why, fix }) => {
      const good = `${labels["path"] ?? ""}/good`;
      const { exposures, faulty, says } = decodeLabels({
        ...labels,
        "access.bypass": `${good},${bad}`,
      });
      expect(exposures).toEqual([]);
      expect(says).toEqual([
        ["CFA-LABEL-VALUE", "cfauth.access.bypass", `cfauth.access.bypass="${bad}" ${why}`, fix],
      ]);
      // An open route stays as it is: the route stays protected, and of the paths only the readable
      // ones stay.
      expect(
        faulty.map(({ route, saysPublic, closeNow }) => [route.path, saysPublic, closeNow]),
      ).toEqual([
        [labels["path"], false, false],
        [good, true, false],
      ]);
    },
  );

  it.each<{ name: string; labels: Workload["labels"] }>([
    { name: "nothing between two commas", labels: { "access.bypass": "/hooks,,/x" } },
    { name: "a typo in access", labels: { access: "authentic", "access.bypass": "/hooks,/x" } },
    {
      name: "an unknown group",
      labels: { "access.groups": "familly", "access.bypass": "/hooks,/x" },
    },
    { name: "a faulty port", labels: { port: "x", "access.bypass": "/hooks,/x" } },
    { name: "an unknown label", labels: { acess: "x", "access.bypass": "/hooks,/x" } },
  ])("open paths without a login stay as they are when the labels get $name", ({ labels }) => {
    const { exposures, faulty } = decodeLabels(labels);
    expect(exposures).toEqual([]);
    expect(
      faulty.map(({ route, saysPublic, closeNow }) => [route.path, saysPublic, closeNow]),
    ).toEqual([
      [undefined, false, false],
      ["/hooks", true, false],
      ["/x", true, false],
    ]);
  });

  it("paths without a login do not open below a path that cannot be parsed", () => {
    expect(
      decodeLabels({ path: "api", "access.bypass": "/api/hooks" }).faulty.map(
        ({ route }) => route.path,
      ),
    ).toEqual([undefined]);
  });

  it("a path without a login that is also a named route is ambiguous and opens in neither way", () => {
    const { opens, faulty, says } = decodeLabels({
      "access.bypass": "/hooks",
      "hooks.hostname": "app.example.com",
      "hooks.path": "/hooks",
      "hooks.access.groups": "family",
    });
    expect(opens).toEqual(["app.example.com authentik"]);
    expect(faulty.map(({ route, saysPublic }) => [route.path, saysPublic])).toEqual([
      ["/hooks", false],
      ["/hooks", false],
    ]);
    expect(says).toEqual([
      [
        "CFA-LABEL-CLASH",
        "cfauth.hooks.hostname",
        "cfauth.hostname and cfauth.hooks.hostname both ask for app.example.com/hooks",
        "remove one, or give one a different hostname or path",
      ],
    ]);
  });
});
