import type { Exposure } from "../../../src/core/domain/exposure.ts";
import { planChanges } from "../../../src/core/plan/planner.ts";
import type { ForeignApplication } from "../../../src/resources/access-application/types.ts";
import type { ForeignRecord } from "../../../src/resources/dns-record/types.ts";
import type { RawRule } from "../../../src/resources/ingress-rule/types.ts";
import type { ObservedState } from "../../../src/resources/observed.ts";
import { resourceModel } from "../../../src/resources/registry.ts";
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

/** What cfauth says of container `immich`, which asks for a hostname where somebody else has this. */
function conflict({ record, rule, application }: Foreign, more: Partial<Exposure> = {}) {
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

/** The same where the route is open, and a foreign application comes up around it. */
function overruled(application: Partial<ForeignApplication>) {
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
const NOTHING_BEGUN =
  "Nothing of the route is begun, and what is there stays byte for byte as it is.";
const adopt = [
  "To hand the hostname over to cfauth, with what [taking over](access.md#taking-over-what-you-made-by-hand) does step by step:",
  yaml("    labels:", `      cfauth.hostname: ${PHOTOS}`, '      cfauth.adopt: "true"'),
];

const record = (type: string, content: string): ForeignRecord => ({
  id: "r",
  zone: "z",
  type,
  content,
});

export const ofConflicts = {
  "CFA-CONFLICT-DNS": {
    says: () => [
      ...conflict({ record: record("A", "203.0.113.7") }),
      ...conflict({ record: record("NS", "ns1.example.net") }, ADOPT),
    ],
    so: "At the hostname is a DNS record (A, AAAA, CNAME or NS) without this cfauth's mark in its comment.",
    why: "It may lead to something that works. cfauth changes only what it made itself, or what a label asks it to take over.",
    mend: [
      "If nobody needs the record, delete it in Cloudflare under DNS → Records. If it says `cfauth:` and another name in its comment, another cfauth made it: see `CFAUTH_OWNER`.",
      ...adopt,
    ],
    effect: NOTHING_BEGUN,
  },
  "CFA-CONFLICT-INGRESS": {
    says: () => {
      const rule = { hostname: PHOTOS, service: "http://192.168.1.20:2283" };
      return [...conflict({ rule }), ...conflict({ rule: { ...rule, path: "^/share" } }, ADOPT)];
    },
    so: "The tunnel has a public hostname of that name already, made by hand or by another tool.",
    why: "Two rules for one hostname: the first in the list would win, and which one that is should not be left to chance.",
    mend: [
      "If nobody needs it, remove it under Zero Trust → Networks → Tunnels → the tunnel → Public hostnames.",
      ...adopt,
    ],
    effect: NOTHING_BEGUN,
  },
  "CFA-CONFLICT-ACCESS": {
    says: () =>
      [
        ...conflict({ application: {} }),
        ...conflict({ application: { type: "ssh" } }, ADOPT),
        ...conflict({ application: { destinations: ["*.example.com"] } }),
        ...overruled({ destinations: ["*.example.com"] }),
        ...conflict(
          {
            application: {
              unmanagedFields: { destinations: [{ type: "private", cidr: "10.0.0.0/24" }] },
            },
          },
          ADOPT,
        ),
      ].filter(({ code }) => code === "CFA-CONFLICT-ACCESS"),
    so: "An Access application that cfauth did not make covers this route: exactly, by a parent path, or by a wildcard such as `*.example.com`. Where the route is open already it is a warning: cfauth's own application is more specific and decides.",
    why: "The more specific application decides. One of cfauth's would make a hole in another owner's protection.",
    mend: [
      "If no one needs it, delete it under Zero Trust → Access → Applications.",
      ...adopt,
      "An application for a parent path or a wildcard goes on guarding its other places: with `adopt` cfauth makes its own, for just this route, on top of it.",
    ],
    effect: `${NOTHING_BEGUN} An open route stays open.`,
  },
} as const satisfies Readonly<Record<string, Entry>>;
