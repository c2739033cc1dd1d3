/** The output of `cfauth plan`. */
import { describe, expect, it } from "vitest";
import type { Exposure } from "../../../src/core/domain/exposure.ts";
import type { Problem } from "../../../src/core/domain/problem.ts";
import { createTerminal } from "../../../src/core/terminal.ts";
import { closingLines, sectionLines } from "../../../src/preview/text.ts";
import { anybody, exposure, only } from "../../support/builders.ts";
import { handMade, OWNER } from "../core/plan/model.ts";
import { empty, previewOf, settled } from "./scene.ts";

const plain = createTerminal({ write: () => {} }, {});

async function told(...of: Parameters<typeof previewOf>): Promise<readonly string[]> {
  const preview = await previewOf(...of);
  return [...sectionLines(preview, OWNER, plain), ...closingLines(preview)];
}

const at = (name: string, more: Partial<Exposure> = {}): Exposure =>
  exposure(`${name}.example.com`, {
    workload: name,
    origin: { service: `http://${name}:80`, options: {} },
    ...more,
  });
const family = only({ groups: ["family"] });

/** The text as written below, without the indentation of the test. */
const lines = (text: string): readonly string[] =>
  text
    .replace(/^\n|\n *$/g, "")
    .split("\n")
    .map((line) => line.slice(6));

describe("the plan as text", () => {
  it("the plan of a first start shows the shared objects, then each hostname with its steps in order", async () => {
    expect(
      await told(empty(), [
        at("wiki", { protection: family }),
        at("shop", { protection: anybody }),
      ]),
    ).toEqual(
      lines(`
      ~ all routes
           1 + groups in the login   cfauth (home): groups  family
           2 + Access tag            cfauth-home
           3 ~ Authentik provider    cf-tunnel-access  scopes 1 → 2
           4 + login method          Authentik (cf-tunnel-access)
      + shop.example.com            new · shop
           5 + Access policy         public, no login
           7 + Access application    public, no login · 24h  PUBLIC
           9 + ingress rule          → http://shop:80 · no login  PUBLIC
          11 + DNS record            CNAME → tunnel homelab
          13 + tile                  Shop, for everyone
      + wiki.example.com            new · wiki
           6 + Access policy         members of family
           8 + Access application    members of family · 24h
          10 + ingress rule          → http://wiki:80 · login required, for (known after 8)
          12 + DNS record            CNAME → tunnel homelab
          14 + tile                  Wiki, for family
      Plan: 13 to add, 1 to change, 0 to remove · 6 foreign objects unchanged.
      Nothing was written. cfauth apply makes these changes now; a running daemon makes them by itself.
      `),
    );
  });

  it("the plan shows changes of no single route separately, not under the shared objects", async () => {
    const typo: Problem = {
      code: "CFA-LABEL-UNKNOWN",
      severity: "error",
      container: "shop",
      label: "cfauth.acess",
      route: undefined,
      message:
        "cfauth.acess is not a label of cfauth; nothing opens, because it may have asked for protection",
      effect: "closed",
      fix: "write cfauth.access",
    };
    const text = await told(empty(), [at("wiki")], [typo]);
    expect(text.slice(text.indexOf("! no single route"), -2)).toEqual(
      lines(`
      ! no single route
          ! shop · cfauth.acess: cfauth.acess is not a label of cfauth; nothing opens, because it may have asked for protection  CFA-LABEL-UNKNOWN
            → write cfauth.access
      `),
    );
  });

  it("the plan of a normal day shows changed access, a missing container, a pending route and a conflict", async () => {
    const before = await settled(at("wiki", { protection: family }), at("old"), at("notes"));
    const wiki = at("wiki", { protection: only({ groups: ["admins", "family"] }) });
    const waiting = at("paper", {
      notReadyReason: "the health check of container paper (starting)",
    });
    expect(await told(before, [wiki, at("notes"), at("theirs"), waiting])).toEqual(
      lines(`
      ~ all routes
          1 ~ groups in the login   cfauth (home): groups  groups family → admins, family
      ~ wiki.example.com            access changes · wiki
          2 + Access policy         members of admins or family
          3 ~ Access application    policies members of family → members of admins or family  wider
          4 - Access policy         members of family
          5 ~ tile                  for family → admins, family
      - old.example.com             its container is gone: the daemon removes it when the grace period ends
          6 - DNS record
          7 - tile
          8 - ingress rule
          9 - Access application
      … paper.example.com           waiting for the health check of container paper (starting)
      ! theirs.example.com          not opened
          ! theirs · cfauth.hostname: the Access application "Theirs" covers theirs.example.com and is not cfauth's  CFA-CONFLICT-ACCESS
            → delete it under Zero Trust → Access → Applications, set cfauth.adopt: "true" on container theirs to take it over, or choose another hostname
          ! theirs · cfauth.hostname: the tunnel already has a rule for theirs.example.com (to http://theirs:1), which is not cfauth's  CFA-CONFLICT-INGRESS
            → remove that rule under Zero Trust → Networks → Tunnels → Public hostnames, set cfauth.adopt: "true" on container theirs to take it over, or choose another hostname
          ! theirs · cfauth.hostname: a DNS record A 203.0.113.7 is at theirs.example.com and is not cfauth's  CFA-CONFLICT-DNS
            → delete it in Cloudflare, set cfauth.adopt: "true" on container theirs to take it over, or choose another hostname
      Plan: 1 to add, 3 to change, 5 to remove · 1 waiting · 3 problems · 6 foreign objects unchanged.
      4 steps are left to the daemon until the grace period of a gone container ends (CFAUTH_GRACE_PERIOD, or CFAUTH_STARTUP_GRACE_PERIOD if it was already gone at startup).
      Nothing was written. cfauth apply makes these changes now; a running daemon makes them by itself.
      `),
    );
  });

  it("the plan of an adoption names the foreign objects and says that nobody gets in meanwhile", async () => {
    expect(
      (await told(handMade(empty()), [exposure("d.example.com", { adopt: true })])).slice(3, 8),
    ).toEqual(
      lines(`
      ~ d.example.com               taken over, origin changes · app
          3 ~ ingress rule          takes over the rule to http://old:80; nobody gets in meanwhile
          4 ~ DNS record            takes over the DNS record CNAME tunnel homelab
          5 ~ Access application    takes over the Access application "Family apps", which still protects photos.example.com
          6 + Access policy         everyone who logs in with Authentik
      `),
    );
  });

  it("an empty plan says so, with the number of routes", async () => {
    const observed = await settled(at("wiki"), at("notes"));
    expect(await told(observed, [at("wiki"), at("notes")])).toEqual([
      "No changes. 2 routes match the labels · 6 foreign objects unchanged.",
    ]);
  });

  it("the plan says that an open route stays as it is if another owner takes its place", async () => {
    const observed = await settled(at("wiki"));
    const theirs = { hostname: "wiki.example.com", path: "^/odd$", service: "http://192.0.2.1:80" };
    const lines = await told(
      { ...observed, ingress: { ...observed.ingress, rules: [theirs, ...observed.ingress.rules] } },
      [at("wiki")],
    );
    expect(lines[0]).toBe("! wiki.example.com            stays as it is");
  });
});

it("colours appear only on a terminal and say nothing that the symbols do not", async () => {
  const preview = await previewOf(empty(), [at("shop", { protection: anybody })]);
  const bright = createTerminal({ write: () => {}, isTTY: true }, { LANG: "C.UTF-8" });
  const painted = bright.lines(...sectionLines(preview, OWNER, bright)).trimEnd();
  expect(painted).toContain("\u001b[31mPUBLIC\u001b[39m");
  expect(painted).toContain("\u001b[32m+\u001b[39m");
  expect(painted.replace(/\u001b\[\d+m/g, "")).toBe(sectionLines(preview, OWNER, plain).join("\n"));
});
