import type Dockerode from "dockerode";
import { describe, expect, test } from "vitest";
import { deedsOf } from "../../scripts/demo/deeds.ts";
import { createPaper } from "../../scripts/demo/paper.ts";
import { reach, Unreachable } from "../../scripts/demo/reach.ts";
import type { Call } from "../sandbox/call.ts";

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

describe("a request is told as a deed", () => {
  test("of a login method, its name and nothing of its secret", () => {
    const body = { name: "Authentik (x) #0a1b2c3d", type: "oidc", config: { client_secret: "hush" } };
    expect(deedsOf(call({ path: "/accounts/1/access/identity_providers", body }), before)).toEqual([
      { sign: "+", where: "Cloudflare", what: "login method", name: "Authentik (x)" },
    ]);
  });

  test("of what is deleted, the name that it had", () => {
    const deleted = call({ method: "DELETE", path: "/accounts/1/access/policies/9" });
    expect(deedsOf(deleted, { ...before, name: "cfauth:demo everyone" })).toEqual([
      { sign: "-", where: "Cloudflare", what: "Access policy", name: "everyone" },
    ]);
  });

  test("of a tunnel's document, only the rules that became others", () => {
    const ingress = [
      { hostname: "a.example.com", service: "http://a:1" },
      { hostname: "b.example.com", service: "http://b:1", originRequest: { access: { required: true } } },
      { service: "http_status:404" },
    ];
    const rules = new Map([
      ["a.example.com", "http://a:1"],
      ["c.example.com", "http://c:1"],
    ]);
    expect(
      deedsOf(call({ method: "PUT", path: "/accounts/1/cfd_tunnel/2/configurations", body: { config: { ingress } } }), {
        ...before,
        rules,
      }),
    ).toEqual([
      { sign: "+", where: "Cloudflare", what: "ingress rule", name: "b.example.com", note: "http://b:1, if logged in" },
      { sign: "-", where: "Cloudflare", what: "ingress rule", name: "c.example.com" },
    ]);
  });
});

describe("the paper", () => {
  const written = (colour: boolean, columns: number) => {
    let text = "";
    const paper = createPaper({
      write: (more) => {
        text += more;
      },
      colour,
      columns,
    });
    return { paper, text: () => text };
  };

  test("counts what was not as told", () => {
    const { paper, text } = written(false, 80);
    paper.check(true, "so");
    paper.check(false, "not so");
    expect(text()).toBe("    ✓ so\n    ✗ not so   ← this was to be so, and is not\n");
    expect(paper.faults()).toBe(1);
  });

  test("keeps within the terminal", () => {
    const { paper, text } = written(false, 50);
    paper.say("One Docker label gives a container a public hostname that only people who log in can open.");
    paper.pairs([["played", "Cloudflare with its edge, and Authentik, by a sandbox on this machine"]]);
    expect(
      Math.max(
        ...text()
          .split("\n")
          .map((line) => line.length),
      ),
    ).toBeLessThanOrEqual(50);
  });

  test("is coloured only when told", () => {
    const { paper, text } = written(true, 80);
    paper.check(true, "so");
    expect(text()).toBe("    \u001b[32m✓\u001b[39m so\n");
  });
});

test("an engine whose containers are out of reach is named as such, with what to do", async () => {
  // A documentation address: nobody answers there.
  const container = {
    inspect: async () => ({ NetworkSettings: { Networks: { net: { IPAddress: "192.0.2.1" } } } }),
  } as unknown as Dockerode.Container;
  const fault = await reach(container, "net", 8080, new AbortController().signal, 200).catch((error: unknown) => error);
  expect(fault).toBeInstanceOf(Unreachable);
  expect((fault as Unreachable).message).toContain("192.0.2.1:8080 does not answer");
  expect((fault as Unreachable).todo[0]).toContain("Linux");
});
