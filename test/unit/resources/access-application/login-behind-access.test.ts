import { describe, expect, it } from "vitest";
import type { Exposure } from "../../../../src/core/domain/exposure.ts";
import { diagnoseLoginBehindAccess } from "../../../../src/resources/access-application/login-behind-access.ts";
import type { ForeignApplication } from "../../../../src/resources/access-application/types.ts";
import { anybody, exposure, NOTHING_RUNS } from "../../../support/builders.ts";
import { decide, settle } from "../../../support/planner-harness.ts";
import { emptyAccount } from "../../core/plan/model.ts";

const AUTH = "auth.example.com";
const login = exposure(AUTH, { protection: { kind: "login" }, workload: "authentik" });

/** The diagnostic for these exposures once they are deployed, beside these foreign applications. */
function diagnose(
  exposures: readonly Exposure[],
  theirs: readonly Partial<ForeignApplication>[] = [],
) {
  const options = { engine: NOTHING_RUNS };
  const settled = settle(emptyAccount(), exposures, options);
  const foreign = theirs.map((it) => ({
    id: "t",
    name: "Homelab",
    type: "self_hosted",
    destinations: [],
    bypasses: false,
    unmanagedFields: {},
    ...it,
  }));
  const observed = { ...settled, access: { ...settled.access, theirs: foreign } };
  return diagnoseLoginBehindAccess(observed, decide(observed, exposures, options).desired);
}

describe("a foreign Access application in front of Authentik", () => {
  it.each([`*.example.com`, AUTH, `${AUTH}/application`, `${AUTH}/*`])(
    "a foreign Access application in front of Authentik is reported if it covers %s",
    (place) => {
      expect(diagnose([], [{ destinations: ["nas.example.com", place] }])).toMatchObject([
        {
          code: "CFA-AK-BEHIND-ACCESS",
          severity: "error",
          effect: "unchanged",
          message: `the Access application "Homelab" (${place}), which is not cfauth's, protects ${AUTH}, Authentik itself: logging in would require a login`,
          fix: expect.stringContaining(`hostname: ${AUTH}`),
        },
      ]);
    },
  );

  it.each([
    { name: "another hostname", covers: ["nas.example.com"] },
    { name: "names two levels deeper", covers: ["*.auth.example.com"] },
    { name: "only the administration", covers: [`${AUTH}/if/admin`] },
    { name: "no browser hostname, because of its type", covers: [AUTH], type: "infrastructure" },
    { name: "it with a Bypass policy", destinations: [AUTH], bypasses: true },
  ])(
    "a foreign Access application is not reported if it covers $name",
    ({ name: _, ...application }) => {
      expect(diagnose([], [application])).toEqual([]);
    },
  );

  it("a foreign wildcard application is not reported once Authentik has its own route", () => {
    expect(diagnose([login], [{ destinations: ["*.example.com"] }])).toEqual([]);
  });

  it("a foreign wildcard application is not reported if a closer application has a Bypass policy", () => {
    expect(
      diagnose(
        [],
        [{ destinations: ["*.example.com"] }, { id: "u", destinations: [AUTH], bypasses: true }],
      ),
    ).toEqual([]);
  });
});

describe("a wildcard of ours around Authentik's hostname", () => {
  it("a wildcard of ours around Authentik's hostname causes a warning that names its container", () => {
    expect(diagnose([exposure("*.example.com", { workload: "blog" })])).toMatchObject([
      {
        code: "CFA-AK-OWN-HOST",
        severity: "warning",
        container: "blog",
        route: "*.example.com",
        effect: "unchanged",
      },
    ]);
  });

  it("a public wildcard around Authentik's hostname causes no warning", () => {
    expect(diagnose([exposure("*.example.com", { protection: anybody })])).toEqual([]);
  });

  it("a wildcard around Authentik's hostname causes no warning once Authentik has its own route", () => {
    expect(diagnose([exposure("*.example.com"), login])).toEqual([]);
  });
});
