import { describe, expect, it } from "vitest";
import type { Exposure } from "../../../../src/core/domain/exposure.ts";
import { resolveDesired } from "../../../../src/core/plan/desired-state.ts";
import { planChanges } from "../../../../src/core/plan/planner.ts";
import { diagnoseLoginBehindAccess } from "../../../../src/resources/access-application/login-behind-access.ts";
import type { ForeignApplication } from "../../../../src/resources/access-application/types.ts";
import { resourceModel } from "../../../../src/resources/model.ts";
import type { ObservedState } from "../../../../src/resources/observed.ts";
import { deployedRoutes } from "../../../../src/resources/route/deployed.ts";
import { anybody, exposure, knowing, NOTHING_RUNS } from "../../../support/builders.ts";
import { carryOut, emptyWorld, OWNER } from "../../core/plan/model.ts";

const AUTH = "auth.example.com";
const login = exposure(AUTH, { protection: { kind: "login" }, workload: "authentik" });

const desiredOf = (observed: ObservedState, exposures: readonly Exposure[]) =>
  resolveDesired(
    [{ exposures, faulty: [], problems: [] }],
    deployedRoutes(observed),
    NOTHING_RUNS,
    knowing(exposures),
    { graceMs: 0, startupGraceMs: 0 },
    0,
  ).desired;

/** The world with these wishes fulfilled, and these applications of others. */
function told(exposures: readonly Exposure[], theirs: readonly Partial<ForeignApplication>[] = []) {
  let observed = emptyWorld();
  for (
    let { changes } = planChanges(resourceModel(OWNER), desiredOf(observed, exposures), observed);
    changes.length > 0;
  ) {
    observed = changes.reduce(carryOut, observed);
    ({ changes } = planChanges(resourceModel(OWNER), desiredOf(observed, exposures), observed));
  }
  const foreign = theirs.map((it) => ({
    id: "t",
    name: "Homelab",
    type: "self_hosted",
    destinations: [],
    bypasses: false,
    unmanagedFields: {},
    ...it,
  }));
  const seen = { ...observed, access: { ...observed.access, theirs: foreign } };
  return diagnoseLoginBehindAccess(seen, desiredOf(seen, exposures));
}

describe("an Access application before Authentik itself", () => {
  it.each([`*.example.com`, AUTH, `${AUTH}/application`, `${AUTH}/*`])(
    "is found and named when it covers %s",
    (place) => {
      expect(told([], [{ destinations: ["nas.example.com", place] }])).toMatchObject([
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
    { name: "nothing that browsers open", covers: [AUTH], type: "infrastructure" },
    { name: "it with a Bypass policy", destinations: [AUTH], bypasses: true },
  ])("is no matter when it covers $name", ({ name: _, ...application }) => {
    expect(told([], [application])).toEqual([]);
  });

  it("is no matter once Authentik has a route of its own", () => {
    expect(told([login], [{ destinations: ["*.example.com"] }])).toEqual([]);
  });

  it("is no matter when one with a Bypass policy stands closer", () => {
    expect(
      told(
        [],
        [{ destinations: ["*.example.com"] }, { id: "u", destinations: [AUTH], bypasses: true }],
      ),
    ).toEqual([]);
  });
});

describe("a wildcard of ours around Authentik itself", () => {
  it("is warned of with the container that asks for it", () => {
    expect(told([exposure("*.example.com", { workload: "blog" })])).toMatchObject([
      {
        code: "CFA-AK-OWN-HOST",
        severity: "warning",
        container: "blog",
        route: "*.example.com",
        effect: "unchanged",
      },
    ]);
  });

  it("is no matter when it is public", () => {
    expect(told([exposure("*.example.com", { protection: anybody })])).toEqual([]);
  });

  it("is no matter once Authentik has a route of its own", () => {
    expect(told([exposure("*.example.com"), login])).toEqual([]);
  });
});
