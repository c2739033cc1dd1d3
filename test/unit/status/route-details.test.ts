import { describe, expect, it } from "vitest";
import { type DesiredState, NOTHING_DESIRED } from "../../../src/core/plan/types.ts";
import type { Mine } from "../../../src/resources/contract/owned.ts";
import { slugOf } from "../../../src/resources/library-tile/desired.ts";
import type { Tile } from "../../../src/resources/library-tile/types.ts";
import type { ObservedState } from "../../../src/resources/observed.ts";
import { deployedRoutes } from "../../../src/resources/route/deployed.ts";
import type { RouteStatus } from "../../../src/status/report.ts";
import { withDetails } from "../../../src/status/route-details.ts";
import { exposure, key } from "../../support/builders.ts";
import { settle } from "../../support/planner-harness.ts";
import { emptyAccount, OWNER } from "../core/plan/model.ts";

const at = key("app.example.com");

const desired: DesiredState = {
  ...NOTHING_DESIRED,
  exposures: new Map([[at, exposure("app.example.com")]]),
};

/** The observed state once the route is open. */
const settled = (): ObservedState => settle(emptyAccount(), [exposure("app.example.com")]);

const known = (state: RouteStatus["state"]): RouteStatus => ({
  key: at,
  container: "app",
  origin: "http://app:80",
  access: "authentik",
  state,
  reason: undefined,
});

const one = (
  observed: ObservedState,
  state: RouteStatus["state"],
  more: Partial<DesiredState> = {},
) =>
  withDetails(
    [known(state)],
    {
      observed,
      deployed: deployedRoutes(observed),
      decision: { desired: { ...desired, ...more } } as never,
    },
    [],
  )[0];

describe("the objects of a route", () => {
  it("a route lists its own Access application and its own tile if they exist", () => {
    const observed = settled();
    const slug = slugOf(OWNER, at);
    const tiled = {
      ...observed,
      tile: { ...observed.tile, mine: new Map([[slug, { slug } as Mine<Tile>]]) },
    };
    const application = observed.access.mine.get(at)?.id;
    expect(application).toMatch(/./);
    expect(one(tiled, "live")?.objects).toEqual({ application, tile: slug });
    expect(one(emptyAccount(), "waiting")?.objects).toEqual({
      application: undefined,
      tile: undefined,
    });
  });
});

describe("who may enter", () => {
  it.each([
    {
      name: "a pending route that is not open yet shows who will be admitted",
      at: emptyAccount(),
      state: "waiting" as const,
      who: "Everyone who can log in",
      open: false,
    },
    {
      name: "a route with a problem that nobody reaches shows nobody",
      at: emptyAccount(),
      state: "problem" as const,
      who: undefined,
      open: false,
    },
    {
      name: "a route with a problem that is still open shows who is admitted now",
      at: settled(),
      state: "problem" as const,
      who: "Everyone who can log in",
      open: true,
    },
  ])("$name", ({ at: observed, state, who, open }) => {
    const route = one(observed, state);
    expect([route?.who, route?.open]).toEqual([who, open]);
  });
});
