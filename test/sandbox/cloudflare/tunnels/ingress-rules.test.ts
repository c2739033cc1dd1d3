import { expect, test } from "vitest";
import { documentFault } from "./ingress-rules.ts";

const last = { service: "http_status:404" };
const rule = { hostname: "app.example.com", service: "http://app:80" };
const withRule = (fields: object) => ({ ingress: [{ ...rule, ...fields }, last] });
const withOptions = (originRequest: unknown) => withRule({ originRequest });

test.for([
  { name: "no content", config: undefined },
  { name: "no rules", config: { ingress: [] } },
  { name: "no catch-all", config: { ingress: [rule] } },
  { name: "a catch-all with a path", config: { ingress: [{ ...last, path: "/x" }] } },
  { name: "a catch-all before the end", config: { ingress: [last, rule, last] } },
  { name: "a wildcard in the middle", config: withRule({ hostname: "app.*.example.com" }) },
  { name: "a hostname with a port", config: withRule({ hostname: "app.example.com:80" }) },
  { name: "a service with a path", config: withRule({ service: "http://app:80/admin" }) },
  { name: "a service with a trailing slash", config: withRule({ service: "http://app:80/" }) },
  { name: "a service without a scheme", config: withRule({ service: "app:80" }) },
  { name: "a service without a host", config: withRule({ service: "http://" }) },
  { name: "a status beyond 999", config: withRule({ service: "http_status:1000" }) },
  { name: "no service", config: withRule({ service: undefined }) },
  { name: "a path with look-ahead", config: withRule({ path: "^/(?!admin)" }) },
  { name: "a path with a back-reference", config: withRule({ path: "(a)\\1" }) },
  { name: "a path with an unclosed bracket", config: withRule({ path: "[a" }) },
  { name: "a path that repeats 1001 times", config: withRule({ path: "a{1001}" }) },
  { name: "a duration as text", config: withOptions({ connectTimeout: "30s" }) },
  { name: "a duration in fractional seconds", config: withOptions({ tlsTimeout: 1.5 }) },
  { name: "a flag as text", config: withOptions({ noTLSVerify: "true" }) },
  { name: "a flag as text under a key in capitals", config: withOptions({ NOTLSVERIFY: "true" }) },
  { name: "a number as text", config: withOptions({ keepAliveConnections: "5" }) },
  {
    name: "an audience that is not a list",
    config: withOptions({ access: { teamName: "t", audTag: "x" } }),
  },
  { name: "an audience without a team", config: withOptions({ access: { audTag: ["x"] } }) },
  { name: "access as a list", config: withOptions({ access: [] }) },
  { name: "warp-routing as a flag", config: { ingress: [last], "warp-routing": true } },
  {
    name: "a bad option for all rules",
    config: { ingress: [last], originRequest: { tcpKeepAlive: "30s" } },
  },
])("a document with $name is invalid", ({ config }) => {
  expect(documentFault(config)).toEqual(expect.any(String));
});

test.for([
  { name: "an empty hostname in the catch-all", config: { ingress: [{ hostname: "", ...last }] } },
  { name: "an asterisk as the catch-all", config: { ingress: [{ hostname: "*", ...last }] } },
  { name: "a wildcard at the start", config: withRule({ hostname: "*.example.com" }) },
  { name: "the same hostname twice", config: { ingress: [rule, rule, last] } },
  { name: "unknown keys", config: withOptions({ no_such_option: 1 }) },
  {
    name: "a duration of null, zero or less",
    config: withOptions({ connectTimeout: null, tlsTimeout: 0, tcpKeepAlive: -1 }),
  },
  { name: "underscores in a host", config: withRule({ service: "http://my_app:8080" }) },
  { name: "a socket", config: withRule({ service: "unix:/run/app.sock" }) },
  { name: "tcp to an IPv6 address", config: withRule({ service: "tcp://[2001:db8::1]:22" }) },
  { name: "an anchored path", config: withRule({ path: "^/hooks(/|$)" }) },
  { name: "a path in Go's own notation", config: withRule({ path: "(?i)^/(?P<name>a)\\z" }) },
  {
    name: "a login check",
    config: withOptions({ access: { required: true, teamName: "t", audTag: ["x"] } }),
  },
])("a document with $name is valid", ({ config }) => {
  expect(documentFault(config)).toBeUndefined();
});
