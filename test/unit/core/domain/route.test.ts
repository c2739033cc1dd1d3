import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  bySpecificity,
  isNestedIn,
  parseRouteKey,
  type Route,
  routeKey,
} from "../../../../src/core/domain/route.ts";
import { route } from "../../../support/builders.ts";

const some = fc
  .tuple(
    fc.constantFrom(
      "a.example.com",
      "b.example.com",
      "x.a.example.com",
      "*.example.com",
      "*.a.example.com",
      "*.b.a.example.com",
      "example.com",
    ),
    fc.constantFrom("", "/a", "/b", "/a/b", "/a/b/c", "/ab"),
  )
  .map(([host, path]) => route(`${host}${path}`));
const sorted = (routes: readonly string[]) =>
  routes.map(route).toSorted(bySpecificity).map(routeKey);

describe("route keys", () => {
  it.each([
    "app.example.com",
    "*.example.com",
    "app.example.com/api",
    "app.example.com/api/v1",
    "example.com/a.b~c@d:e+f-g_h",
  ])("%s is written and parsed back unchanged", (text) => {
    expect(routeKey(route(text))).toBe(text);
  });

  it.each([
    "",
    "localhost",
    "App.example.com",
    "app.example.com/",
    "app.example.com/api/",
    "app.example.com/a b",
    "app.example.com?x",
    "app.example.com:80",
    "https://app.example.com",
    "*",
    "a.*.com",
    "*.com",
    "app_.example.com",
    "app.example.com\n",
  ])("%j is not a route", (text) => {
    expect(parseRouteKey(text)).toBeUndefined();
  });
});

describe("the order of routes", () => {
  it("routes are sorted with names before wildcards, deeper wildcards before shallower ones and longer paths before shorter ones", () => {
    expect(
      sorted([
        "*.example.com",
        "b.example.com",
        "*.example.com/api",
        "a.example.com",
        "*.a.example.com",
        "a.example.com/api",
        "a.example.com/api/v1",
      ]),
    ).toEqual([
      "a.example.com/api/v1",
      "a.example.com/api",
      "a.example.com",
      "b.example.com",
      "*.a.example.com",
      "*.example.com/api",
      "*.example.com",
    ]);
  });

  it("the order of routes is total: only identical routes are equal, and it has no cycles", () => {
    fc.assert(
      fc.property(some, some, some, (a, b, c) => {
        expect(Math.sign(bySpecificity(a, b))).toBe(0 - Math.sign(bySpecificity(b, a)));
        expect(bySpecificity(a, b) === 0).toBe(routeKey(a) === routeKey(b));
        if (bySpecificity(a, b) < 0 && bySpecificity(b, c) < 0)
          expect(bySpecificity(a, c)).toBeLessThan(0);
      }),
      { numRuns: 500 },
    );
  });

  it("a route is sorted before every other route that would answer for it", () => {
    fc.assert(
      fc.property(
        some,
        some,
        (inner, outer) => !isNestedIn(inner, outer) || bySpecificity(inner, outer) < 0,
      ),
      { numRuns: 500 },
    );
  });
});

describe("whether another route would answer instead", () => {
  it.each<{ inner: string; outer: string; is: boolean }>([
    { inner: "a.example.com/api", outer: "a.example.com", is: true },
    { inner: "a.example.com/api/v1", outer: "a.example.com/api", is: true },
    { inner: "a.example.com", outer: "a.example.com/api", is: false },
    { inner: "a.example.com/apiary", outer: "a.example.com/api", is: false },
    { inner: "a.example.com", outer: "a.example.com", is: false },
    { inner: "a.example.com/api", outer: "a.example.com/api", is: false },
    { inner: "a.example.com", outer: "*.example.com", is: true },
    { inner: "x.a.example.com", outer: "*.example.com", is: true },
    { inner: "*.a.example.com", outer: "*.example.com", is: true },
    { inner: "*.example.com", outer: "*.a.example.com", is: false },
    { inner: "*.example.com", outer: "a.example.com", is: false },
    { inner: "example.com", outer: "*.example.com", is: false },
    { inner: "a.example.com/api", outer: "*.example.com/api", is: true },
    { inner: "a.example.com/api/v1", outer: "*.example.com/api", is: true },
    { inner: "a.example.com", outer: "*.example.com/api", is: true },
    { inner: "a.example.com/api", outer: "*.example.com/api/v1", is: true },
    { inner: "a.example.com/other", outer: "*.example.com/api", is: false },
  ])("$outer would answer for $inner: $is", ({ inner, outer, is }) => {
    expect(isNestedIn(route(inner), route(outer))).toBe(is);
  });

  it("no two routes answer for each other, and no route for itself", () => {
    fc.assert(
      fc.property(
        some,
        some,
        (a: Route, b: Route) => !(isNestedIn(a, b) && isNestedIn(b, a)) && !isNestedIn(a, a),
      ),
      { numRuns: 500 },
    );
  });
});
