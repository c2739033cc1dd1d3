import type Dockerode from "dockerode";
import { describe, expect, test } from "vitest";
import { openPattern, type Path } from "../../../src/core/domain/path.ts";
import { dockerRunCommand } from "../../../tools/demo/containers.ts";
import { entriesOf } from "../../../tools/demo/journal-entry.ts";
import { createOutput } from "../../../tools/demo/output.ts";
import { reach, Unreachable } from "../../../tools/demo/reach.ts";
import type { Call } from "../../sandbox/call.ts";

const call = (fields: Partial<Call>): Call => ({
  api: "cloudflare",
  n: 1,
  method: "POST",
  path: "/",
  query: new URLSearchParams(),
  body: undefined,
  write: true,
  ...fields,
});
const before = { name: "", rules: new Map<string, string>() };

describe("the demo's journal of Cloudflare", () => {
  test("a created login method is shown with its name and without its secret", () => {
    const body = {
      name: "Authentik (x) #0a1b2c3d",
      type: "oidc",
      config: { client_secret: "hush" },
    };
    expect(
      entriesOf(call({ path: "/accounts/1/access/identity_providers", body }), before),
    ).toEqual([{ sign: "+", where: "Cloudflare", what: "login method", name: "Authentik (x)" }]);
  });

  test("a deleted object is shown with the name that it had", () => {
    const deleted = call({ method: "DELETE", path: "/accounts/1/access/policies/9" });
    expect(entriesOf(deleted, { ...before, name: "cfauth:demo everyone" })).toEqual([
      { sign: "-", where: "Cloudflare", what: "Access policy", name: "everyone" },
    ]);
  });

  test("a write of the tunnel's configuration shows only the changed rules", () => {
    const ingress = [
      { hostname: "a.example.com", service: "http://a:1" },
      {
        hostname: "b.example.com",
        service: "http://b:1",
        originRequest: { access: { required: true } },
      },
      { service: "http_status:404" },
    ];
    const rules = new Map([
      ["a.example.com", "http://a:1"],
      ["c.example.com", "http://c:1"],
    ]);
    expect(
      entriesOf(
        call({
          method: "PUT",
          path: "/accounts/1/cfd_tunnel/2/configurations",
          body: { config: { ingress } },
        }),
        {
          ...before,
          rules,
        },
      ),
    ).toEqual([
      {
        sign: "+",
        where: "Cloudflare",
        what: "ingress rule",
        name: "b.example.com",
        note: "http://b:1, only if logged in",
      },
      { sign: "-", where: "Cloudflare", what: "ingress rule", name: "c.example.com" },
    ]);
  });

  test("a rule for a path is shown with the path as in its label", () => {
    const ingress = [
      { hostname: "a.example.com", path: openPattern("/hooks" as Path), service: "http://a:1" },
    ];
    const written = call({
      method: "PUT",
      path: "/accounts/1/cfd_tunnel/2/configurations",
      body: { config: { ingress } },
    });
    expect(entriesOf(written, before)).toEqual([
      {
        sign: "+",
        where: "Cloudflare",
        what: "ingress rule",
        name: "a.example.com/hooks",
        note: "http://a:1",
      },
    ]);
  });

  test("each of several records in one request is shown", () => {
    const body = {
      deletes: [{ id: "1" }],
      posts: [{ name: "b.example.com", type: "CNAME", proxied: true }],
    };
    const records = new Map([["1", "a.example.com"]]);
    const record = { where: "Cloudflare", what: "DNS record" } as const;
    expect(
      entriesOf(call({ path: "/zones/1/dns_records/batch", body }), { ...before, records }),
    ).toEqual([
      { ...record, sign: "-", name: "a.example.com" },
      { ...record, sign: "+", name: "b.example.com", note: "CNAME to the tunnel, proxied" },
    ]);
  });

  test("an application that admits anyone is shown as public", () => {
    const body = { domain: "a.example.com/hooks", allowed_idps: ["1"], session_duration: "24h" };
    expect(
      entriesOf(call({ path: "/accounts/1/access/apps", body }), { ...before, open: true }),
    ).toEqual([
      {
        sign: "+",
        where: "Cloudflare",
        what: "Access application",
        name: "a.example.com/hooks",
        note: "for anyone",
      },
    ]);
  });
});

describe("the demo's journal of Authentik's library", () => {
  const authentikCall = (method: string, path: string, body?: unknown) =>
    call({ api: "authentik", method, path, body });
  const tile = { where: "Authentik", what: "tile", name: "Photos" } as const;

  test("a tile for everyone is shown with its URL", () => {
    const body = { name: "Photos", meta_launch_url: "https://photos.example.com" };
    expect(entriesOf(authentikCall("POST", "/core/applications/", body), before)).toEqual([
      { ...tile, sign: "+", note: "leads to https://photos.example.com" },
    ]);
  });

  test("the three steps of a tile for a group are each shown, and the log shows them as one", () => {
    const named = { ...before, name: "Photos", group: "family" };
    const steps = [
      authentikCall("POST", "/core/applications/", {
        name: "Photos",
        meta_launch_url: "blank://blank",
      }),
      authentikCall("POST", "/policies/bindings/", { target: "1", group: "2", order: 0 }),
      authentikCall("PATCH", "/core/applications/photos/", {
        meta_launch_url: "https://photos.example.com",
      }),
    ];
    expect(steps.flatMap((step) => entriesOf(step, named))).toEqual([
      { ...tile, sign: "+", note: "hidden for now" },
      { ...tile, sign: "~", note: "only for family", more: true },
      { ...tile, sign: "~", note: "leads to https://photos.example.com", more: true },
    ]);
  });

  test("the login's application is shown as no tile", () => {
    const body = { name: "cf-tunnel-access", provider: 1, meta_launch_url: "blank://blank" };
    expect(entriesOf(authentikCall("POST", "/core/applications/", body), before)).toEqual([
      { sign: "+", where: "Authentik", what: "application", name: "cf-tunnel-access" },
    ]);
  });
});

test("a command is shown with each label on its own line", () => {
  const labels = { "cfauth.hostname": "a.example.com", "cfauth.access": "public" };
  expect(dockerRunCommand({ name: "a", network: "net", image: "web", labels })).toEqual([
    "docker run --detach --name a --network net \\",
    "--label cfauth.hostname=a.example.com \\",
    "--label cfauth.access=public web",
  ]);
});

describe("the demo's output", () => {
  const written = (colour: boolean, columns: number) => {
    let text = "";
    const output = createOutput({
      write: (more) => {
        text += more;
      },
      colour,
      columns,
    });
    return { output, text: () => text };
  };

  test("the demo counts failed checks", () => {
    const { output, text } = written(false, 80);
    output.check(true, "so");
    output.check(false, "not so");
    expect(text()).toBe("    ✓ so\n    ✗ not so   ← this check failed\n");
    expect(output.faults()).toBe(1);
  });

  test("the demo's lines fit the terminal", () => {
    const { output, text } = written(false, 50);
    output.say(
      "One Docker label gives a container a public hostname that only people who log in can open.",
    );
    output.pairs([
      ["played", "Cloudflare with its edge, and Authentik, by a sandbox on this machine"],
    ]);
    expect(
      Math.max(
        ...text()
          .split("\n")
          .map((line) => line.length),
      ),
    ).toBeLessThanOrEqual(50);
  });

  test("the demo is coloured only on request", () => {
    const { output, text } = written(true, 80);
    output.check(true, "so");
    expect(text()).toBe("    \u001b[32m✓\u001b[39m so\n");
  });
});

test("an engine whose containers are unreachable is reported as such, with a fix", async () => {
  // A documentation address, where nobody answers.
  const container = {
    inspect: async () => ({ NetworkSettings: { Networks: { net: { IPAddress: "192.0.2.1" } } } }),
  } as unknown as Dockerode.Container;
  const fault = await reach(container, "net", 8080, new AbortController().signal, 200).catch(
    (error: unknown) => error,
  );
  expect(fault).toBeInstanceOf(Unreachable);
  expect((fault as Unreachable).message).toContain("192.0.2.1:8080 does not answer");
  expect((fault as Unreachable).todo[0]).toContain("Linux");
});
