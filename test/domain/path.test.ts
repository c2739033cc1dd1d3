import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Path, parsePath, pathPattern, patternPath } from "../../src/domain/path.ts";
import { path } from "../builders.ts";
import { re2 } from "../sandbox/edge/connector/re2.ts";

const clean = fc
  .array(
    fc.string({ unit: fc.constantFrom(..."ab9._~@:+-"), minLength: 1, maxLength: 5 }).filter((it) => it !== "." && it !== ".."),
    { minLength: 1, maxLength: 4 },
  )
  .map((segments) => path(`/${segments.join("/")}`));

describe("the rule of a path prefix, on the decoded path that cloudflared matches", () => {
  const pattern = new RegExp(pathPattern(path("/api")));

  it.each([
    "/api",
    "/api/",
    "/api/v1",
    "/api/v1/",
    "/api/a;b",
    "/api/.well-known/x",
    "/api/..x",
    "/api/...",
    "/api/.x/..y",
    "/api/x..",
    "/api/ä b",
    "/api/x&y=z",
  ])("lets %j through", (request) => {
    expect(pattern.test(request)).toBe(true);
  });

  it.each([
    "/",
    "/ap",
    "/apiary",
    "/API",
    "/api//",
    "/api//v1",
    "//api",
    "/x/api",
    "api",
    "/api.",
    "/api;x",
    "/api/..",
    "/api/../x",
    "/api/v1/../../x",
    "/api/.",
    "/api/./x",
    "/api//../x",
    "/api/..;/x",
    "/api/.;/x",
    "/api/..;x",
    "/api/%2e%2e/x",
    "/api/x%2fy",
    "/api/%",
    "/api\\x",
    "/api/\\..\\x",
    "/api/x\\y",
    "/api/\u0000",
    "/api/x\ny",
    "/api/\u007f",
    "/api?x",
    "/api/x?y",
    "/api/x#y",
    "/api\n",
  ])("does not let %j through", (request) => {
    expect(pattern.test(request)).toBe(false);
  });

  it.each([
    { name: "a dot is a dot", of: "/v1.0", request: "/v1x0", matches: false },
    { name: "a dot matches itself", of: "/v1.0", request: "/v1.0/x", matches: true },
    { name: "a plus is a plus", of: "/c++", request: "/c++", matches: true },
    { name: "a plus does not repeat", of: "/c++", request: "/ccc", matches: false },
    { name: "a deeper prefix", of: "/a/b", request: "/a/b/c", matches: true },
    { name: "what lies beside a deeper prefix", of: "/a/b", request: "/a/c", matches: false },
  ])("$name", ({ of, request, matches }) => {
    expect(re2(pathPattern(path(of))).test(request)).toBe(matches);
  });

  it("is one that RE2 takes, without looking around or back, since RE2's refusal would stop every route", () => {
    fc.assert(
      fc.property(clean, (prefix) => {
        const text = pathPattern(prefix);
        expect(text).not.toMatch(/\(\?|\\[1-9kpPuZz]/);
        expect(re2(text).test(prefix)).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  it("can be read back, so that a rule tells its route", () => {
    fc.assert(
      fc.property(clean, (prefix) => patternPath(pathPattern(prefix)) === prefix),
      { numRuns: 300 },
    );
  });

  it.each(["", "^/", "^/api", "^/api$", "/api.*", "^/api(/.*)?$", "^/(?i)odd", `${pathPattern("/a|b" as Path)}x`])(
    "somebody else's pattern %j is of no route",
    (text) => {
      expect(patternPath(text)).toBeUndefined();
    },
  );

  it("never lets a way up or an encoded character through, whatever is written around it", () => {
    const bad = fc.constantFrom("/../", "/./", "/..;/", "%", "\\", "?", "#", "\u0000", "\u001f");
    fc.assert(
      fc.property(
        clean,
        fc.webPath(),
        bad,
        fc.webPath(),
        (prefix, before, it, after) => !re2(pathPattern(prefix)).test(`${prefix}${before}${it}${after}`),
      ),
      { numRuns: 500 },
    );
  });
});

describe("a path of a label", () => {
  it.each([
    { text: "/api", is: "/api" },
    { text: " /api/ ", is: "/api" },
    { text: "/api//", is: "/api" },
    { text: "/", is: undefined },
    { text: "/.well-known/acme", is: "/.well-known/acme" },
    { text: "/a.b/~me/@x:1+2", is: "/a.b/~me/@x:1+2" },
  ])("$text is the prefix $is", ({ text, is }) => {
    expect(parsePath(text)).toEqual({ ok: true, value: is });
  });
});
