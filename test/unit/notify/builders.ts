import type { Problem } from "../../../src/core/domain/problem.ts";
import type { RouteStatus } from "../../../src/status/report.ts";
import type { StatusTransitions } from "../../../src/status/transitions.ts";
import { key } from "../../support/builders.ts";

export const NOW = Date.parse("2026-11-23T10:42:05Z");

export const route = (at: string, more: Partial<RouteStatus> = {}): RouteStatus => ({
  key: key(at),
  container: "app",
  origin: "http://app:80",
  access: "authentik",
  state: "live",
  reason: undefined,
  ...more,
});

export const problem = (more: Partial<Problem> = {}): Problem => ({
  code: "CFA-CONFLICT-DNS",
  severity: "error",
  container: "immich",
  label: "cfauth.hostname",
  route: key("photos.example.com"),
  message: "a DNS record A 203.0.113.7 is at photos.example.com and is not cfauth's",
  effect: "closed",
  fix: 'delete it in Cloudflare, or set cfauth.adopt: "true" on container immich',
  ...more,
});

export const news = (more: Partial<StatusTransitions> = {}): StatusTransitions => ({
  opened: [],
  published: [],
  changed: [],
  loginRouteOpened: [],
  closing: [],
  kept: [],
  closed: [],
  waiting: [],
  problems: [],
  solved: [],
  corrected: [],
  changedHands: [],
  since: new Map(),
  ...more,
});
