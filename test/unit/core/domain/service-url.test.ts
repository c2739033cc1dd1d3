import { describe, expect, it } from "vitest";
import { parseService, serviceHost, withHost } from "../../../../src/core/domain/service-url.ts";

describe("the service of a rule", () => {
  it.each([
    { service: "http://app.tunnel:80", scheme: "http", host: "app.tunnel", port: 80 },
    { service: "https://app", scheme: "https", host: "app", port: undefined },
    { service: "http://[2001:db8::1]:8080", scheme: "http", host: "2001:db8::1", port: 8080 },
    { service: "http://172.20.0.3:3000/sub?q", scheme: "http", host: "172.20.0.3", port: 3000 },
    { service: "http://user:word@app.tunnel.:80", scheme: "http", host: "app.tunnel", port: 80 },
    { service: "tcp://App.tunnel:22", scheme: "tcp", host: "App.tunnel", port: 22 },
  ])("$service leads to $host", ({ service, ...parts }) => {
    expect(parseService(service)).toEqual(parts);
    expect(serviceHost(service)).toBe(parts.host);
  });

  it.each(["http_status:503", "hello_world", "", "http://", "unix:/run/app.sock"])(
    "%o leads to no host",
    (service) => {
      expect([parseService(service), serviceHost(service)]).toEqual([undefined, ""]);
    },
  );

  it.each([
    ["http://app.tunnel:80", "0123456789ab", "http://0123456789ab:80"],
    ["https://app", "app.tunnel", "https://app.tunnel"],
    ["http://[::1]:80", "app.tunnel", "http://app.tunnel:80"],
    ["http://app:80", "[::1]", "http://[::1]:80"],
    ["http://user:word@app:80/x", "other", "http://user:word@other:80/x"],
    ["http_status:503", "other", "http_status:503"],
  ])("the service %s moved to %s is %s", (service, host, moved) => {
    expect(withHost(service, host)).toBe(moved);
  });
});
