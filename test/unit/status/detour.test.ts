import { expect, it } from "vitest";
import type { Detour } from "../../../src/core/domain/origin.ts";
import { type RouteStatus, reportedRoutes } from "../../../src/status/report.ts";
import { remarks } from "../../../src/status/wording.ts";
import { key } from "../../support/builders.ts";

const known = (more: Partial<RouteStatus>): RouteStatus => ({
  key: key("app.example.com"),
  container: "app",
  origin: "http://0123456789ab:80",
  access: "authentik",
  state: "live",
  reason: undefined,
  ...more,
});
const reported = (more: Partial<RouteStatus>) => reportedRoutes([known(more)], new Map(), 0)[0];

it.each<{ detour: Detour; note: string }>([
  {
    detour: { by: "id", name: "app.tunnel", why: "shared" },
    note: "Reached by its id: another container also answers to the name app.tunnel",
  },
  {
    detour: { by: "address", name: "app.tunnel", why: "shared" },
    note: "Reached by its address: another container also answers to the name app.tunnel",
  },
  {
    detour: { by: "id", name: "app.tunnel", why: "unanswered" },
    note: "Reached by its id: Docker's DNS does not resolve the name app.tunnel",
  },
  {
    detour: { by: "id", name: "nas.lan", why: "outside" },
    note: "Reached by its id: DNS outside Docker may also know the name nas.lan",
  },
  {
    detour: { by: "id", name: "app..tunnel", why: "unusable" },
    note: "Reached by its id: cloudflared cannot use the name app..tunnel",
  },
  {
    detour: { by: "id", name: "app.tunnel", why: "kept" },
    note: "Reached by its id, because the name app.tunnel was unusable when the rule was written; recreate the container to use the name again",
  },
])(
  "a route that does not lead to its container by the name says why: $detour.by, $detour.why",
  ({ detour, note }) => {
    expect(reported({ detour })?.note).toBe(note);
  },
);

it("a route that leads to its container by the name has no note, and the page and the terminal show none", () => {
  expect(reported({})?.note).toBeUndefined();
  const route = reported({ login: true });
  expect([route?.note, route && remarks(route)]).toEqual([
    "Authentik itself: open, because the login page cannot require a login",
    [],
  ]);
});

it("the page and the terminal show why a route leads to its container by the id", () => {
  const route = reported({ detour: { by: "id", name: "app.tunnel", why: "shared" } });
  expect(route && remarks(route)).toEqual([
    "Reached by its id: another container also answers to the name app.tunnel.",
  ]);
});
