import type { Exposure } from "../../../src/core/domain/exposure.ts";
import { planChanges } from "../../../src/core/plan/planner.ts";
import type { ForeignApplication } from "../../../src/resources/access-application/types.ts";
import type { ForeignRecord } from "../../../src/resources/dns-record/types.ts";
import type { RawRule } from "../../../src/resources/ingress-rule/types.ts";
import { resourceModel } from "../../../src/resources/model.ts";
import type { ObservedState } from "../../../src/resources/observed.ts";
import { exposure, hostname } from "../../../test/support/builders.ts";
import { OWNER } from "../../../test/unit/core/plan/model.ts";
import { type Entry, yaml } from "./entry.ts";
import { converged, desired } from "./worlds.ts";

const PHOTOS = "photos.example.com";

interface Foreign {
  readonly record?: ForeignRecord;
  readonly rule?: RawRule;
  readonly application?: Partial<ForeignApplication>;
}

/** The problems of container `immich`, which asks for a hostname with these foreign objects. */
function conflictProblems({ record, rule, application }: Foreign, more: Partial<Exposure> = {}) {
  const empty = converged(desired());
  const theirs = {
    id: "t",
    name: "Homelab",
    type: "self_hosted",
    destinations: [PHOTOS],
    bypasses: false,
    unmanagedFields: {},
  };
  const observed: ObservedState = {
    ...empty,
    dns: { ...empty.dns, theirs: new Map(record && [[hostname(PHOTOS), [record]]]) },
    ingress: { ...empty.ingress, rules: rule === undefined ? [] : [rule] },
    access: {
      ...empty.access,
      theirs: application === undefined ? [] : [{ ...theirs, ...application }],
    },
  };
  return planChanges(
    resourceModel(OWNER),
    desired(exposure(PHOTOS, { workload: "immich", ...more })),
    observed,
  ).problems;
}

/** The same for an open route around which a foreign application appears. */
function conflictsOfOpenRoute(application: Partial<ForeignApplication>) {
  const wish = desired(exposure(PHOTOS, { workload: "immich" }));
  const open = converged(wish);
  const theirs = {
    id: "t",
    name: "Homelab",
    type: "self_hosted",
    destinations: [],
    bypasses: false,
    unmanagedFields: {},
    ...application,
  };
  return planChanges(resourceModel(OWNER), wish, {
    ...open,
    access: { ...open.access, theirs: [theirs] },
  }).problems;
}

const ADOPT = { adopt: true };
const NOTHING_BEGUN = "The route does not open, and what exists stays byte for byte as it is.";
const adopt = [
  "To hand the hostname over to cfauth ([what happens step by step](access.md#taking-over-what-you-made-by-hand)):",
  yaml("    labels:", `      cfauth.hostname: ${PHOTOS}`, '      cfauth.adopt: "true"'),
];

const record = (type: string, content: string): ForeignRecord => ({
  id: "r",
  zone: "z",
  type,
  content,
});

export const CONFLICTS = {
  "CFA-CONFLICT-DNS": {
    title: "a foreign DNS record at the hostname",
    messages: () => [
      ...conflictProblems({ record: record("A", "203.0.113.7") }),
      ...conflictProblems({ record: record("NS", "ns1.example.net") }, ADOPT),
    ],
    meaning:
      "The hostname already has a DNS record (A, AAAA, CNAME or NS) without this cfauth's mark in its comment.",
    reason:
      "It may lead to something that works. cfauth changes only what it created, or what a label asks it to take over.",
    solution: [
      "If nobody needs the record, delete it in Cloudflare under DNS → Records. If its comment says `cfauth:` and another name, another cfauth created it: see `CFAUTH_OWNER`.",
      ...adopt,
    ],
    effect: NOTHING_BEGUN,
  },
  "CFA-CONFLICT-INGRESS": {
    title: "a foreign rule for the hostname in the tunnel",
    messages: () => {
      const rule = { hostname: PHOTOS, service: "http://192.168.1.20:2283" };
      return [
        ...conflictProblems({ rule }),
        ...conflictProblems({ rule: { ...rule, path: "^/share" } }, ADOPT),
      ];
    },
    meaning: "The tunnel already has a rule for that hostname, created by hand or by another tool.",
    reason:
      "Of two rules for one hostname, the first in the list wins. Which one that is must not be left to chance.",
    solution: [
      "If nobody needs it, remove it under Zero Trust → Networks → Tunnels → the tunnel → Public hostnames.",
      ...adopt,
    ],
    effect: NOTHING_BEGUN,
  },
  "CFA-CONFLICT-ACCESS": {
    title: "a foreign Access application for the route",
    messages: () =>
      [
        ...conflictProblems({ application: {} }),
        ...conflictProblems({ application: { type: "ssh" } }, ADOPT),
        ...conflictProblems({ application: { destinations: ["*.example.com"] } }),
        ...conflictsOfOpenRoute({ destinations: ["*.example.com"] }),
        ...conflictProblems(
          {
            application: {
              unmanagedFields: { destinations: [{ type: "private", cidr: "10.0.0.0/24" }] },
            },
          },
          ADOPT,
        ),
      ].filter(({ code }) => code === "CFA-CONFLICT-ACCESS"),
    meaning:
      "An Access application that cfauth did not make covers this route: exactly, by a parent path, or by a wildcard such as `*.example.com`. If the route is already open, this is a warning: cfauth's own application is more specific and decides.",
    reason:
      "The more specific application decides, so an application of cfauth's would weaken another owner's protection.",
    solution: [
      "If nobody needs it, delete it under Zero Trust → Access → Applications.",
      ...adopt,
      "An application for a parent path or a wildcard keeps protecting its other addresses. With `adopt`, cfauth creates its own application on top of it, for just this route.",
    ],
    effect: `${NOTHING_BEGUN} An open route stays open.`,
  },
} as const satisfies Readonly<Record<string, Entry>>;
