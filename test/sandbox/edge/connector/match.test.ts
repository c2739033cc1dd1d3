import { describe, expect, it } from "vitest";
import { decodedPath } from "../visit.ts";
import { accept } from "./document.ts";
import { ruleFor } from "./match.ts";

const rules = (first: object) =>
  accept({ ingress: [{ service: "http://app:80", ...first }, { service: "http_status:404" }] });
const matched = (first: object, host: string, target: string): boolean => {
  const [rule] = rules(first);
  return (
    ruleFor(rules(first), host, decodedPath(target) ?? "")?.service.kind === rule?.service.kind
  );
};

describe("path rules", () => {
  it.each([
    { target: "/hooks", matches: true },
    { target: "/hooks/x?y=/z", matches: true },
    { target: "/%68ooks", matches: true },
    { target: "/hooks/../admin", matches: true },
    { target: "/hooks/%2e%2e/admin", matches: true },
    { target: "/hooks%2f..%2fadmin", matches: true },
    { target: "/hooksy", matches: false },
    { target: "//hooks", matches: false },
    { target: "/a/../hooks", matches: false },
    { target: "/?/hooks", matches: false },
  ])("whether the path ^/hooks(/|$) matches $target: $matches", ({ target, matches }) => {
    expect(
      matched({ hostname: "app.example.com", path: "^/hooks(/|$)" }, "app.example.com", target),
    ).toBe(matches);
  });
});

describe("hostnames of rules", () => {
  it.each([
    { name: "matches itself", hostname: "app.example.com", host: "app.example.com", matches: true },
    {
      name: "does not match capitals in the request",
      hostname: "app.example.com",
      host: "APP.example.com",
      matches: false,
    },
    {
      name: "with capitals matches lower case too",
      hostname: "APP.example.com",
      host: "app.example.com",
      matches: true,
    },
    {
      name: "in Unicode matches punycode",
      hostname: "bücher.example.com",
      host: "xn--bcher-kva.example.com",
      matches: true,
    },
    {
      name: "does not match with a trailing dot",
      hostname: "app.example.com",
      host: "app.example.com.",
      matches: false,
    },
    {
      name: "as a wildcard matches one label",
      hostname: "*.example.com",
      host: "a.example.com",
      matches: true,
    },
    {
      name: "as a wildcard matches any depth",
      hostname: "*.example.com",
      host: "a.b.example.com",
      matches: true,
    },
    {
      name: "as a wildcard does not match the name above",
      hostname: "*.example.com",
      host: "example.com",
      matches: false,
    },
    {
      name: "as a wildcard with capitals matches nothing in lower case",
      hostname: "*.Example.com",
      host: "a.example.com",
      matches: false,
    },
    {
      name: "as a wildcard in Unicode does not match punycode",
      hostname: "*.bücher.com",
      host: "a.xn--bcher-kva.com",
      matches: false,
    },
    {
      name: "with an asterisk but no dot is a literal name",
      hostname: "*x.example.com",
      host: "ax.example.com",
      matches: false,
    },
  ])("a rule's hostname $name", ({ hostname, host, matches }) => {
    expect(matched({ hostname }, host, "/")).toBe(matches);
  });
});

it("the first matching rule is used", () => {
  const listed = accept({
    ingress: [
      { hostname: "*.example.com", service: "http://first:80" },
      { hostname: "app.example.com", service: "http://second:80" },
      { service: "http_status:404" },
    ],
  });
  expect(ruleFor(listed, "app.example.com", "/")?.service).toMatchObject({ host: "first" });
});
