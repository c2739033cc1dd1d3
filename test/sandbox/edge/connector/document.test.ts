import { describe, expect, it } from "vitest";
import { accept, RefusedDocument } from "./document.ts";

const LAST = { service: "http_status:404" };
const rule = (over: object) => ({
  ingress: [{ hostname: "app.example.com", service: "http://app:80", ...over }, LAST],
});
const origin = (originRequest: unknown) => rule({ originRequest });

describe("accepted configurations", () => {
  it.each([
    { name: "without any ingress", document: {} },
    { name: "with an empty ingress", document: { ingress: [] } },
    {
      name: "whose last hostname is empty",
      document: { ingress: [{ hostname: "", service: "http_status:404" }] },
    },
    {
      name: "whose last hostname is null",
      document: { ingress: [{ hostname: null, service: "http_status:404" }] },
    },
    {
      name: "whose last hostname is an asterisk",
      document: { ingress: [{ hostname: "*", service: "http_status:404" }] },
    },
    { name: "with unknown keys", document: { ...origin({ sesame: "open" }), unknown: 1 } },
    {
      name: "with two rules for one hostname",
      document: { ingress: [...rule({}).ingress.slice(0, 1), ...rule({}).ingress] },
    },
    { name: "with a timeout of null", document: origin({ connectTimeout: null }) },
    { name: "with a timeout of zero", document: origin({ connectTimeout: 0 }) },
    { name: "with a timeout below zero", document: origin({ connectTimeout: -1 }) },
    {
      name: "with an underscore in the origin's name",
      document: rule({ service: "http://my_app:80" }),
    },
    { name: "with an unsupported scheme", document: rule({ service: "ftp://x" }) },
    { name: "with an impossible port", document: rule({ service: "http://x:99999" }) },
    {
      name: "that requires a token without a team",
      document: origin({ access: { required: true } }),
    },
  ])("cloudflared accepts a configuration $name", ({ document }) => {
    expect(() => accept(document)).not.toThrow();
  });

  it("cloudflared reads keys in any letter case", () => {
    expect(
      accept(
        origin({ NoTLSverify: true, ACCESS: { Required: true, TEAMNAME: "t", audtag: ["a"] } }),
      )[0],
    ).toMatchObject({
      origin: { noTLSVerify: true },
      access: { required: true, teamName: "t", audTag: ["a"] },
    });
  });

  it("cloudflared applies the top-level originRequest to every rule, except for its access block", () => {
    const top = {
      connectTimeout: 7,
      noTLSVerify: true,
      access: { required: true, teamName: "t", audTag: ["a"] },
    };
    const [first] = accept({ ...origin({ connectTimeout: 5 }), originRequest: top });
    expect(first?.origin).toMatchObject({ connectTimeoutMs: 5_000, noTLSVerify: true });
    expect(first?.access.required).toBe(false);
    expect(accept({ ...rule({}), originRequest: top })[0]?.access.required).toBe(false);
  });
});

describe("refused configurations", () => {
  it.each([
    {
      name: "without a catch-all",
      document: { ingress: [{ hostname: "app.example.com", service: "http://app:80" }] },
    },
    {
      name: "with a path on the catch-all",
      document: { ingress: [{ path: "/x", service: "http_status:404" }] },
    },
    { name: "with a catch-all before the last", document: { ingress: [LAST, LAST] } },
    { name: "with a port in a hostname", document: rule({ hostname: "app.example.com:80" }) },
    { name: "with an asterisk inside a hostname", document: rule({ hostname: "a.*.example.com" }) },
    { name: "with a timeout of 30s", document: origin({ connectTimeout: "30s" }) },
    { name: "with a timeout as a string", document: origin({ connectTimeout: "30" }) },
    { name: "with a fractional timeout", document: origin({ connectTimeout: 1.5 }) },
    { name: "with noTLSVerify as a string", document: origin({ noTLSVerify: "true" }) },
    {
      name: "with keepAliveConnections as a string",
      document: origin({ keepAliveConnections: "5" }),
    },
    {
      name: "with audTag as a string",
      document: origin({ access: { teamName: "t", audTag: "x" } }),
    },
    { name: "with required as a string", document: origin({ access: { required: "yes" } }) },
    { name: "with access as a list", document: origin({ access: [] }) },
    {
      name: "with audTag and no team",
      document: origin({ access: { required: true, audTag: ["x"] } }),
    },
    { name: "with warp-routing as a boolean", document: { ...rule({}), "warp-routing": true } },
    {
      name: "with a wrong type at the top",
      document: { ...rule({}), originRequest: { noTLSVerify: "true" } },
    },
    { name: "with a service without a scheme", document: rule({ service: "grafana:3000" }) },
    { name: "with a path in a service", document: rule({ service: "http://app:80/x" }) },
    { name: "with a trailing slash in a service", document: rule({ service: "http://app:80/" }) },
    { name: "with a path that RE2 cannot read", document: rule({ path: "^/(?!admin)" }) },
  ])("cloudflared refuses a whole configuration $name", ({ document }) => {
    expect(() => accept(document)).toThrow(RefusedDocument);
  });
});
