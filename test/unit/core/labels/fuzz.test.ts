import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { composeProject, singleContainer } from "../../../../src/core/domain/party.ts";
import { parseRouteKey, routeKey } from "../../../../src/core/domain/route.ts";
import type { Workload } from "../../../../src/core/domain/workload.ts";
import { LABEL_KEYS, ORIGIN_OPTIONS } from "../../../../src/core/labels/catalogue.ts";
import { referencedNames } from "../../../../src/core/labels/references.ts";
import { type ContextOptions, context, decoded, tcp } from "../../../support/builders.ts";
import { KNOWN } from "./known.ts";

const RUNS = 1_500;

/** The origin as cloudflared accepts it: a scheme, a host and a port, no path. */
const SERVICE = /^(http|https|tcp|ssh|rdp|smb):\/\/([A-Za-z0-9._-]+|\[[0-9a-f:]+\])(:\d{1,5})?$/;

const text = fc.oneof(
  fc.constantFrom(
    "",
    "true",
    "false",
    "public",
    "authentik",
    "app.example.com",
    "*.example.com",
    "a,b",
    "auth.example.com",
    "80",
    "/api",
    "24h",
    "http://app:80",
    "http://db:80",
    "https",
    "tunnel",
    "__proto__",
    "constructor",
    '"true"',
    "bastion",
    "family",
    "family,admins",
    "family,,admins",
    "familly",
    "Friends",
    "Twins",
    "Anyone",
    "backup",
    "any",
    "ann@example.com,@example.org",
    "/hooks,/healthz",
    "/api/hooks",
    "fa://fa-book",
  ),
  fc.string({ unit: "binary", maxLength: 30 }),
  fc.string({ unit: fc.constantFrom(..."abzé.-_*/:@%\\?#;+~\"' \n\u00000129"), maxLength: 24 }),
);
const word = fc.oneof(
  fc.constantFrom("web", "api", "__proto__", "constructor", "toString", "origin", ""),
  fc.string({ maxLength: 6 }),
);
const name = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...LABEL_KEYS).map((key) => `cfauth.${key}`) },
  {
    weight: 2,
    arbitrary: fc
      .tuple(word, fc.constantFrom(...LABEL_KEYS))
      .map(([route, key]) => `cfauth.${route}.${key}`),
  },
  { weight: 1, arbitrary: word.map((rest) => `cfauth.${rest}`) },
  { weight: 1, arbitrary: fc.string({ unit: "binary", maxLength: 20 }) },
);
const labels = fc.oneof(
  fc.array(fc.tuple(name, text), { maxLength: 6 }).map((entries) => Object.fromEntries(entries)),
  fc
    .array(fc.tuple(name, text), { maxLength: 3 })
    .map((entries) => Object.fromEntries([["cfauth.hostname", "app.example.com"], ...entries])),
);
const container = fc
  .record({
    name: fc.constantFrom("app", "db", "home-app-1"),
    id: fc.uuid(),
    service: fc.constantFrom(undefined, { project: "home", name: "app" }),
    created: fc.nat(),
    labels,
    networks: fc.constantFrom<Workload["networks"]>(
      {},
      { tunnel: { ip: "172.18.0.2" } },
      { tunnel: { ip: undefined }, other: { ip: "" } },
    ),
    ports: fc.constantFrom<Workload["ports"]>(
      [],
      [tcp(80)],
      [tcp(80), tcp(81)],
      [tcp(80, { ip: "fd00::1", port: 8080 })],
    ),
    health: fc.constantFrom<Workload["health"]>("none", "starting", "healthy", "unhealthy"),
  })
  .map(
    (it): Workload => ({
      ...it,
      party:
        it.service === undefined ? singleContainer(it.name) : composeProject(it.service.project),
      imageLabels: { kind: "ignored", names: [] },
    }),
  );
const denied = {
  fault: { code: "CFA-AK-PERMISSION", message: "may not be listed", fix: "allow it" },
} as const;
const settings = fc.record<ContextOptions>({
  target: fc.constantFrom("name", "ip", "published"),
  domain: fc.constantFrom(undefined, "example.com"),
  networks: fc.constantFrom(["tunnel"], ["other", "tunnel"]),
  allowPublic: fc.boolean(),
  login: fc.constantFrom(
    { host: "auth.example.com", path: "" },
    { host: "app.example.com", path: "/api" },
  ),
  defaults: fc.record({
    access: fc.constant("authentik" as const),
    groups: fc.constantFrom<readonly string[]>([], ["family"], ["zebra"]),
    session: fc.constant("24h"),
  }),
  lookups: fc.constantFrom(
    KNOWN,
    { ...KNOWN, groups: denied },
    { groups: denied, policies: [], tokens: denied },
  ),
});

const fit = new Set(
  KNOWN.policies
    .filter(({ decision }) => decision === "allow" || decision === "non_identity")
    .map(({ id }) => id),
);
const listed = <T>(lookup: { readonly found: readonly T[] } | object): readonly T[] =>
  "found" in lookup ? lookup.found : [];

/** The value as the label has it, without quotes and spaces. */
const says = (labels: Workload["labels"], key: string, text: RegExp): boolean =>
  Object.entries(labels).some(([label, value]) => label.endsWith(key) && text.test(value));
const PUBLIC = /^\s*["']?\s*public\s*["']?\s*$/;

describe("any labels", () => {
  it("no label throws, and every exposure has a valid route and a service that cloudflared accepts", () => {
    fc.assert(
      fc.property(fc.array(container, { maxLength: 3 }), settings, (workloads, more) => {
        const { exposures, faulty, problems } = decoded(workloads, more);
        for (const { route, origin } of exposures) {
          expect(parseRouteKey(routeKey(route))).toEqual(route);
          expect(origin.service).toMatch(SERVICE);
          for (const [option, value] of Object.entries(origin.options)) {
            expect(ORIGIN_OPTIONS).toHaveProperty([option]);
            if (typeof value === "number") expect(Number.isSafeInteger(value)).toBe(true);
          }
        }
        for (const { route } of faulty) expect(parseRouteKey(routeKey(route))).toEqual(route);
        for (const { message, fix } of problems)
          expect(`${message}${fix}`).not.toMatch(/undefined|\[object|NaN/);
      }),
      { numRuns: RUNS },
    );
  });

  it("every audience is sorted, known to Authentik and Cloudflare, and was asked for", () => {
    fc.assert(
      fc.property(fc.array(container, { maxLength: 3 }), settings, (workloads, more) => {
        const looked = referencedNames(workloads, context(workloads, more));
        for (const { protection } of decoded(workloads, more).exposures) {
          if (protection.kind !== "authentik") continue;
          const { groups, emails, policies, tokens } = protection.audience;
          const known = listed<{ name: string }>(more.lookups?.groups ?? {}).map(
            ({ name: group }) => group,
          );
          expect(
            groups.filter((group) => !known.includes(group) || !looked.groups.has(group)),
          ).toEqual([]);
          expect([groups.toSorted(), emails.toSorted()]).toEqual([groups, emails]);
          for (const email of emails) expect(email).toMatch(/^[^A-Z\s]*@[^A-Z\s]+$/);
          expect(policies.filter((id) => !fit.has(id))).toEqual([]);
          const machines = listed<{ id: string; name: string }>(more.lookups?.tokens ?? {});
          if (tokens !== "any")
            for (const token of tokens) {
              expect(machines).toContainEqual(token);
              expect(looked.tokens).toContain(token.name);
            }
        }
      }),
      { numRuns: RUNS },
    );
  });

  it("nothing is public without a label that says public or lists a path without a login", () => {
    fc.assert(
      fc.property(fc.array(container, { maxLength: 3 }), settings, (workloads, more) => {
        const said = workloads.some((it) => says(it.labels, "access", PUBLIC));
        for (const { protection, route, display } of decoded(workloads, more).exposures) {
          if (protection.kind !== "public" || said) continue;
          expect(display.hidden).toBe(true);
          const path = route.path ?? "none at all";
          expect(
            workloads.some((it) =>
              Object.entries(it.labels).some(
                ([label, value]) => label.endsWith("access.bypass") && value.includes(path),
              ),
            ),
          ).toBe(true);
        }
      }),
      { numRuns: RUNS },
    );
  });

  it("nothing is public if CFAUTH_ALLOW_PUBLIC is off, and only Authentik's own hostname is the login", () => {
    fc.assert(
      fc.property(fc.array(container, { maxLength: 3 }), settings, (workloads, more) => {
        const { exposures, faulty } = decoded(workloads, { ...more, allowPublic: false });
        expect(exposures.filter(({ protection }) => protection.kind === "public")).toEqual([]);
        const { host = "auth.example.com", path = "" } = more.login ?? {};
        for (const { protection, route } of exposures)
          expect(protection.kind === "login").toBe(routeKey(route) === `${host}${path}`);
        const open = new Set(exposures.map(({ route }) => routeKey(route)));
        if (workloads.length === 1)
          expect(faulty.filter(({ route }) => open.has(routeKey(route)))).toEqual([]);
      }),
      { numRuns: RUNS },
    );
  });

  it("a container with a faulty protection label opens nothing that is public", () => {
    const wrong = fc.constantFrom(
      ["access", "pubic"],
      ["access.groups", "familly"],
      ["access.groups", ""],
      ["access.emails", "ann"],
      ["access.bypass", "/hooks,/"],
      ["access.bypass", "hooks"],
      ["access.policies", "Anyone"],
      ["access.policies", "Twins"],
      ["access.service-tokens", "family"],
      ["acess", "public"],
    );
    fc.assert(
      fc.property(container, settings, wrong, (it, more, [key, text]) => {
        const own = Object.entries(it.labels).filter(
          ([label]) => !/^cfauth\.[^.]+\.(hostname|access|enable)/i.test(label),
        );
        const labels = {
          ...Object.fromEntries(own),
          "cfauth.hostname": "app.example.com,auth.example.com",
          [`cfauth.${key}`]: `${text}`,
        };
        const { exposures } = decoded([{ ...it, labels }], more);
        expect(exposures.filter(({ protection }) => protection.kind === "public")).toEqual([]);
      }),
      { numRuns: RUNS },
    );
  });

  it("a container without a label of ours opens nothing and has no problem", () => {
    fc.assert(
      fc.property(container, fc.dictionary(fc.string(), text), (it, foreign) => {
        fc.pre(!Object.keys(foreign).some((label) => label.toLowerCase().startsWith("cfauth.")));
        expect(decoded([{ ...it, labels: foreign }])).toEqual({
          exposures: [],
          faulty: [],
          problems: [],
        });
      }),
      { numRuns: RUNS / 5 },
    );
  });

  it("the order of labels and containers does not matter", () => {
    fc.assert(
      fc.property(fc.array(container, { maxLength: 3 }), settings, (workloads, more) => {
        const turned = workloads
          .map((it) => ({
            ...it,
            labels: Object.fromEntries(Object.entries(it.labels).toReversed()),
          }))
          .toReversed();
        const told = (all: readonly Workload[]) =>
          decoded(all, more)
            .exposures.map((it) => JSON.stringify(it))
            .toSorted();
        expect(told(turned)).toEqual(told(workloads));
      }),
      { numRuns: RUNS / 5 },
    );
  });
});
