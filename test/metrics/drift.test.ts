import { expect, it } from "vitest";
import type { Exposure } from "../../src/domain/exposure.ts";
import type { AnyChange } from "../../src/kinds/index.ts";
import type { Outcome } from "../../src/loop/loop.ts";
import { corrected, type Settled, settled } from "../../src/metrics/drift.ts";
import { exposure, key, only } from "../builders.ts";

const app = exposure("app.example.com");

/** How a pass ended, as far as drift is read off it. */
const end = (wishes: readonly Exposure[], live: readonly string[] = []): NonNullable<Outcome["end"]> =>
  ({
    decision: { desired: { wishes: new Map(wishes.map((wish) => [key(wish.route.hostname), wish])) } },
    plan: { live: live.map(key) },
  }) as unknown as NonNullable<Outcome["end"]>;

const passed = (more: Partial<Outcome>): Outcome => ({
  at: 0,
  ms: 1,
  result: "settled",
  applied: 0,
  failures: 0,
  errors: [],
  end: undefined,
  ...more,
});

const change = (kind: AnyChange["kind"], action: AnyChange["action"], subject: string): AnyChange =>
  ({ kind, action, subject, key: subject }) as AnyChange;
const record = change("dns", "update", "app.example.com");

const was: Settled | undefined = settled(passed({ end: end([app], ["app.example.com"]) }));
const same = end([exposure("app.example.com")]);

it.each([
  { name: "a record that somebody has changed", of: record, is: ["dns"] },
  { name: "a record that somebody has deleted", of: change("dns", "create", "app.example.com"), is: ["dns"] },
  { name: "a rule of a path below the hostname", of: change("ingress", "update", "app.example.com/api"), is: ["ingress"] },
  { name: "an application that somebody has changed", of: change("access", "update", "app.example.com"), is: ["access"] },
  { name: "a policy that somebody has changed", of: change("policy", "update", "cfauth:home everyone"), is: ["policy"] },
  { name: "a login method that somebody has changed", of: change("login", "update", "Authentik (cf-tunnel-access)"), is: ["login"] },
])("$name is put back: that is drift", ({ of, is }) => {
  expect(corrected(was, [of], same)).toEqual(is);
});

it.each([
  { name: "what goes when a grace has ended", of: change("dns", "delete", "app.example.com") },
  { name: "a route that was waited for", of: change("dns", "create", "late.example.com") },
  { name: "a policy that is made for one", of: change("policy", "create", "cfauth:home family") },
  { name: "a tunnel that is made", of: change("tunnel", "create", "cfauth") },
  { name: "a tile that could not be made before", of: change("tile", "create", "app.example.com") },
])("$name is no drift", ({ of }) => {
  expect(corrected(was, [of], same)).toEqual([]);
});

it("nothing is drift in a pass that wishes otherwise than the one before", () => {
  const wishes = [exposure("app.example.com", { protection: only({ groups: ["family"] }) })];
  expect(corrected(was, [record], end(wishes))).toEqual([]);
});

it("nothing is drift after a start or a pass that failed: what stood then is not known", () => {
  expect(settled(passed({ result: "failed", end: end([app], ["app.example.com"]) }))).toBeUndefined();
  expect(settled(passed({}))).toBeUndefined();
  expect(corrected(undefined, [record], same)).toEqual([]);
});
