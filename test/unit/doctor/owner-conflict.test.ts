import { describe, expect, it } from "vitest";
import type { RouteKey } from "../../../src/core/domain/route.ts";
import { findSharedOwner, type MarkedObjects } from "../../../src/doctor/owner-conflict.ts";
import type { ReportedRoute } from "../../../src/status/report.ts";
import { reportOf } from "./report.ts";

const key = "a.example.com" as RouteKey;
const none: MarkedObjects = {
  owner: "nas",
  named: true,
  unasked: [],
  undone: [],
  daemon: undefined,
  startupGraceMs: 300_000,
};
const daemon = (state: ReportedRoute["state"] | undefined) => {
  const report = reportOf(state === undefined ? [] : [key], "nas");
  return {
    ...report,
    routes: report.routes.map((route) => ({ ...route, ...(state && { state }) })),
  };
};

describe("two daemons with one owner", () => {
  it.each([
    { name: "no observed object", seen: {}, is: "pass" },
    {
      name: "a route whose container has just gone, which the running daemon closes",
      seen: { unasked: [key], daemon: daemon("closing") },
      is: "pass",
    },
    {
      name: "a route that the running daemon does not know",
      seen: { unasked: [key], daemon: daemon(undefined) },
      is: "warn",
    },
    {
      name: "a route that no label here asks for, while no daemon runs",
      seen: { unasked: [key] },
      is: "warn",
    },
    {
      name: "the same route if the owner's name comes from the engine",
      seen: { unasked: [key], named: false },
      is: "pass",
    },
    {
      name: "a route that the daemon calls live and that differs from its last write",
      seen: { undone: [key], daemon: daemon("live") },
      is: "warn",
    },
    {
      name: "a route that the daemon is still opening",
      seen: { undone: [key], daemon: daemon("waiting") },
      is: "pass",
    },
    { name: "a route to open, while no daemon runs", seen: { undone: [key] }, is: "pass" },
    {
      name: "a route that differs from the last write, after a pass that failed",
      seen: {
        undone: [key],
        daemon: {
          ...daemon("live"),
          lastPass: { at: "2026-11-25T10:42:05.000Z", result: "failed", applied: 0 },
        },
      },
      is: "pass",
    },
  ] satisfies readonly { name: string; seen: Partial<MarkedObjects>; is: string }[])(
    "the check for a second daemon is $is for $name",
    ({ seen, is }) => {
      expect(findSharedOwner({ ...none, ...seen }).result).toBe(is);
    },
  );
});
