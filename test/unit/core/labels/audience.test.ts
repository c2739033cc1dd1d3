import { describe, expect, it } from "vitest";
import type { Workload } from "../../../../src/core/domain/workload.ts";
import type { LabelContext } from "../../../../src/core/labels/context.ts";
import { referencedNames } from "../../../../src/core/labels/references.ts";
import { context, only, workload } from "../../../support/builders.ts";
import { decodeLabels, KNOWN } from "./known.ts";

const [FRIENDS, MACHINES] = [
  "00000000-0000-4000-8000-000000000001",
  "00000000-0000-4000-8000-000000000002",
];
const backup = { id: "t1", name: "backup" };
const monitoring = { id: "t2", name: "monitoring" };

describe("who may enter", () => {
  it.each<{ name: string; labels: Workload["labels"]; audience: Parameters<typeof only>[0] }>([
    {
      name: "members of one group",
      labels: { "access.groups": "family" },
      audience: { groups: ["family"] },
    },
    {
      name: "members of any of several groups, each listed once, in any order",
      labels: { "access.groups": " home users ,family,family" },
      audience: { groups: ["family", "home users"] },
    },
    {
      name: "e-mail addresses in any letter case and everyone of a domain",
      labels: { "access.emails": "Ann@Example.COM, @Example.org,ann@example.com" },
      audience: { emails: ["@example.org", "ann@example.com"] },
    },
    {
      name: "e-mail addresses with every allowed character",
      labels: { "access.emails": "o'brien+x@mail.example.com,a.b-c_d@example.co.uk" },
      audience: { emails: ["a.b-c_d@example.co.uk", "o'brien+x@mail.example.com"] },
    },
    {
      name: "members of a group and one e-mail address",
      labels: { "access.groups": "family", "access.emails": "ann@example.com" },
      audience: { groups: ["family"], emails: ["ann@example.com"] },
    },
    {
      name: "people admitted by one of the user's own policies, by its name",
      labels: { "access.policies": "Friends" },
      audience: { policies: [FRIENDS] },
    },
    {
      name: "people admitted by the user's own policies, by id and name, each listed once",
      labels: { "access.policies": `Machines,${FRIENDS.toUpperCase()},Friends` },
      audience: { policies: [MACHINES, FRIENDS] },
    },
    {
      name: "people admitted by one of two policies with the same name, by its id",
      labels: { "access.policies": "00000000-0000-4000-8000-000000000006" },
      audience: { policies: ["00000000-0000-4000-8000-000000000006"] },
    },
    {
      name: "machines, by the names of their service tokens",
      labels: { "access.service-tokens": "monitoring,backup,backup" },
      audience: { tokens: [backup, monitoring] },
    },
    {
      name: "any machine with a service token",
      labels: { "access.service-tokens": "any" },
      audience: { tokens: "any" },
    },
    {
      name: "any machine, although one is named as well",
      labels: { "access.service-tokens": "any,backup" },
      audience: { tokens: "any" },
    },
  ])("labels can admit $name", ({ labels, audience }) => {
    const { exposures, problems } = decodeLabels(labels);
    expect(problems).toEqual([]);
    expect(exposures.map(({ protection }) => protection)).toEqual([only(audience)]);
  });
});

const GROUP = "(names are case-sensitive)";
const denied = {
  code: "CFA-AK-PERMISSION",
  message: "the token may not list groups",
  fix: "give it authentik_core.view_group",
} as const;

interface Fault {
  readonly name: string;
  readonly labels: Workload["labels"];
  readonly settings?: Partial<LabelContext>;
  readonly says: readonly (readonly [string, string, string, string])[];
}

const FAULTS: readonly Fault[] = [
  {
    name: "an unknown group beside a known one",
    labels: { "access.groups": "familly,admins" },
    says: [
      [
        "CFA-GROUP-UNKNOWN",
        "cfauth.access.groups",
        `Authentik has no group "familly" ${GROUP}`,
        "write family, or create the group in Authentik",
      ],
    ],
  },
  {
    name: "a group in another letter case",
    labels: { "access.groups": "Family" },
    says: [
      [
        "CFA-GROUP-UNKNOWN",
        "cfauth.access.groups",
        `Authentik has no group "Family" ${GROUP}`,
        "write family, or create the group in Authentik",
      ],
    ],
  },
  {
    name: "an unknown group without a similar one, named twice",
    labels: { "access.groups": "zebra,zebra" },
    says: [
      [
        "CFA-GROUP-UNKNOWN",
        "cfauth.access.groups",
        `Authentik has no group "zebra" ${GROUP}`,
        "create the group in Authentik, or correct the name",
      ],
    ],
  },
  {
    name: "an unknown group named like a property of every object",
    labels: { "access.groups": "constructor" },
    says: [
      [
        "CFA-GROUP-UNKNOWN",
        "cfauth.access.groups",
        `Authentik has no group "constructor" ${GROUP}`,
        "create the group in Authentik, or correct the name",
      ],
    ],
  },
  {
    name: "groups that cannot be looked up, reported once",
    labels: { "access.groups": "family,admins" },
    settings: { lookups: { ...KNOWN, groups: { fault: denied } } },
    says: [
      [
        "CFA-AK-PERMISSION",
        "cfauth.access.groups",
        "the token may not list groups",
        "give it authentik_core.view_group",
      ],
    ],
  },
  {
    name: "an unknown default group, which the operator must fix",
    labels: {},
    settings: { defaults: { access: "authentik", groups: ["admin"], session: "24h" } },
    says: [
      [
        "CFA-GROUP-UNKNOWN",
        "CFAUTH_DEFAULT_GROUPS",
        `Authentik has no group "admin" ${GROUP}`,
        "write admins, or create the group in Authentik",
      ],
    ],
  },
  {
    name: "default groups that cannot be looked up",
    labels: {},
    settings: {
      defaults: { access: "authentik", groups: ["family"], session: "24h" },
      lookups: { ...KNOWN, groups: { fault: denied } },
    },
    says: [
      [
        "CFA-AK-PERMISSION",
        "CFAUTH_DEFAULT_GROUPS",
        "the token may not list groups",
        "give it authentik_core.view_group",
      ],
    ],
  },
  {
    name: "an unknown policy",
    labels: { "access.policies": "Freinds" },
    says: [
      [
        "CFA-POLICY-UNKNOWN",
        "cfauth.access.policies",
        'Cloudflare has no reusable policy "Freinds"',
        "write Friends, or create the policy",
      ],
    ],
  },
  {
    name: "an unknown policy without a similar one",
    labels: { "access.policies": "zebra" },
    says: [
      [
        "CFA-POLICY-UNKNOWN",
        "cfauth.access.policies",
        'Cloudflare has no reusable policy "zebra"',
        "create it under Zero Trust → Access → Policies, or correct the name",
      ],
    ],
  },
  {
    name: "a name that two policies share",
    labels: { "access.policies": "Twins" },
    says: [
      [
        "CFA-POLICY-UNKNOWN",
        "cfauth.access.policies",
        'Cloudflare has several reusable policies called "Twins"',
        "write the id of the one that you mean, 00000000-0000-4000-8000-000000000005 or 00000000-0000-4000-8000-000000000006",
      ],
    ],
  },
  {
    name: "a policy that admits anyone",
    labels: { "access.policies": "Friends,Anyone" },
    says: [
      [
        "CFA-POLICY-UNFIT",
        "cfauth.access.policies",
        'the reusable policy "Anyone" has the action bypass, which lets anyone in without a login',
        "name a policy with the action Allow or Service Auth; to let anyone in, use access=public or access.bypass",
      ],
    ],
  },
  {
    name: "a policy that excludes people, by its id",
    labels: { "access.policies": "00000000-0000-4000-8000-000000000004" },
    says: [
      [
        "CFA-POLICY-UNFIT",
        "cfauth.access.policies",
        'the reusable policy "00000000-0000-4000-8000-000000000004" has the action deny, which lets nobody in',
        "name a policy with the action Allow or Service Auth",
      ],
    ],
  },
  {
    name: "an unknown service token beside a known one",
    labels: { "access.service-tokens": "backup,bakcup" },
    says: [
      [
        "CFA-TOKEN-UNKNOWN",
        "cfauth.access.service-tokens",
        'Cloudflare has no service token "bakcup"',
        "write backup, or create the token",
      ],
    ],
  },
  {
    name: "an unknown service token without a similar one",
    labels: { "access.service-tokens": "zebra" },
    says: [
      [
        "CFA-TOKEN-UNKNOWN",
        "cfauth.access.service-tokens",
        'Cloudflare has no service token "zebra"',
        "create it under Zero Trust → Access → Service credentials, or correct the name",
      ],
    ],
  },
  {
    name: "service tokens that cannot be looked up",
    labels: { "access.service-tokens": "backup,monitoring" },
    settings: {
      lookups: {
        ...KNOWN,
        tokens: {
          fault: {
            code: "CFA-CF-PERMISSION",
            message: "the token may not list them",
            fix: "allow it",
          },
        },
      },
    },
    says: [
      [
        "CFA-CF-PERMISSION",
        "cfauth.access.service-tokens",
        "the token may not list them",
        "allow it",
      ],
    ],
  },
  ...[
    { key: "access.groups", what: "a group" },
    { key: "access.emails", what: "an address" },
    { key: "access.policies", what: "a policy" },
    { key: "access.service-tokens", what: "a service token" },
    { key: "access.bypass", what: "a path" },
  ].flatMap(({ key, what }): readonly Fault[] => {
    const empty = (text: string): Fault["says"][number] => [
      "CFA-LABEL-VALUE",
      `cfauth.${key}`,
      `cfauth.${key}="${text}" is empty`,
      `write ${what}, or remove the label`,
    ];
    return [
      { name: `the label ${key} without a value`, labels: { [key]: "" }, says: [empty("")] },
      {
        name: `the label ${key} with only quotes and spaces`,
        labels: { [key]: ' " " ' },
        says: [empty("")],
      },
      {
        name: `the label ${key} with only commas`,
        labels: { [key]: " , ," },
        says: [empty(", ,")],
      },
    ];
  }),
  {
    name: "groups with nothing between two commas",
    labels: { "access.groups": "family,,admins" },
    says: [
      [
        "CFA-LABEL-VALUE",
        "cfauth.access.groups",
        'cfauth.access.groups="family,,admins" has nothing between two commas',
        "write family,admins",
      ],
    ],
  },
  {
    name: "service tokens with a trailing comma, any among them",
    labels: { "access.service-tokens": "any," },
    says: [
      [
        "CFA-LABEL-VALUE",
        "cfauth.access.service-tokens",
        'cfauth.access.service-tokens="any," has nothing between two commas',
        "write any",
      ],
    ],
  },
  ...[
    "ann",
    "ann@",
    "@",
    "ann@example",
    "ann@@example.com",
    "ann example@example.com",
    "Ann <ann@example.com>",
    '"ann"@example.com',
    "ann@exa_mple.com",
    "ann@-example.com",
    `${"a".repeat(65)}@example.com`,
    "@example.com/x",
  ].map(
    (text): Fault => ({
      name: `the address ${text}`,
      labels: { "access.emails": `ben@example.com,${text}` },
      says: [
        [
          "CFA-LABEL-VALUE",
          "cfauth.access.emails",
          `cfauth.access.emails="${text}" is neither an e-mail address nor a domain`,
          "write ann@example.com, or @example.com for everyone there",
        ],
      ],
    }),
  ),
  {
    name: "a domain with an asterisk",
    labels: { "access.emails": "*@Example.org" },
    says: [
      [
        "CFA-LABEL-VALUE",
        "cfauth.access.emails",
        'cfauth.access.emails="*@Example.org" is neither an e-mail address nor a domain',
        "write @example.org for everyone there",
      ],
    ],
  },
];

describe("unknown names and values in the audience", () => {
  it.each(FAULTS)(
    "$name opens nothing, and an open route stays as it is",
    ({ labels, settings, says }) => {
      const { exposures, faulty, ...it_ } = decodeLabels(labels, settings);
      expect(exposures).toEqual([]);
      expect(it_.says).toEqual(says);
      expect(
        it_.problems.every(
          ({ severity, effect, route }) =>
            severity === "error" && effect === "closed" && route === "app.example.com",
        ),
      ).toBe(true);
      // A protected route is frozen. A public one is closed, because its labels do not say public.
      expect(
        faulty.map(({ route, saysPublic, closeNow }) => ({ ...route, saysPublic, closeNow })),
      ).toEqual([
        { hostname: "app.example.com", path: undefined, saysPublic: false, closeNow: false },
      ]);
    },
  );

  it("all unknown names of a label are reported at once", () => {
    const { problems } = decodeLabels({
      access: "pubic",
      "access.groups": "familly",
      "access.emails": "ann",
      "access.policies": "Freinds",
      "access.service-tokens": "bakcup",
      "access.bypass": "hooks",
      "access.session": "never",
    });
    expect(problems.map(({ label }) => label)).toEqual([
      "cfauth.access",
      "cfauth.access.session",
      "cfauth.access.groups",
      "cfauth.access.emails",
      "cfauth.access.policies",
      "cfauth.access.service-tokens",
      "cfauth.access.bypass",
    ]);
  });

  it("foreign text in a problem is on one line and clipped", () => {
    const { problems } = decodeLabels({ "access.groups": `a\nb${"x".repeat(500)}` });
    expect(problems.map(({ message }) => message)).toEqual([
      `Authentik has no group "a b${"x".repeat(97)}" ${GROUP}`,
    ]);
  });

  it("any machine may enter although the list of tokens is unavailable", () => {
    const directory = {
      ...KNOWN,
      tokens: { fault: { code: "CFA-CF-PERMISSION", message: "no", fix: "do" } },
    } as const;
    expect(decodeLabels({ "access.service-tokens": "any" }, { lookups: directory }).opens).toEqual([
      "app.example.com authentik",
    ]);
  });
});

describe("default groups", () => {
  const defaults = { access: "authentik", groups: ["family", "admins"], session: "24h" } as const;
  const audiences = (labels: Workload["labels"]) =>
    decodeLabels(labels, { defaults }).exposures.map(({ protection }) => protection);

  it("default groups apply to a route that names none", () => {
    expect(audiences({})).toEqual([only({ groups: ["admins", "family"] })]);
  });

  it("default groups apply beside e-mail addresses, which admit more people", () => {
    expect(audiences({ "access.emails": "ann@example.com" })).toEqual([
      only({ groups: ["admins", "family"], emails: ["ann@example.com"] }),
    ]);
  });

  it("default groups do not apply to a route that names other groups", () => {
    expect(audiences({ "access.groups": "home users" })).toEqual([
      only({ groups: ["home users"] }),
    ]);
  });

  it("default groups do not apply to a public route, even an unknown one", () => {
    const { opens, problems } = decodeLabels(
      { access: "public" },
      { defaults: { ...defaults, groups: ["zebra"] } },
    );
    expect([opens, problems]).toEqual([["app.example.com public"], []]);
  });

  it("unknown default groups hold up only the routes without the label", () => {
    expect(
      decodeLabels({ "access.groups": "family" }, { defaults: { ...defaults, groups: ["zebra"] } })
        .opens,
    ).toEqual(["app.example.com authentik"]);
  });
});

it("a session lasts as long as CFAUTH_DEFAULT_SESSION says, unless the label says otherwise", () => {
  const defaults = { access: "authentik", groups: [], session: "168h" } as const;
  const sessions = (labels: Workload["labels"]) =>
    decodeLabels(labels, { defaults }).exposures.map(
      ({ protection }) => protection.kind === "authentik" && protection.session,
    );
  expect([sessions({}), sessions({ "access.session": "30m" })]).toEqual([["168h"], ["30m"]]);
});

describe("names to look up", () => {
  const labels = (more: Workload["labels"]) =>
    workload({ "cfauth.hostname": "app.example.com", ...more });
  const spoken = (groups: readonly string[] = []) =>
    context([], {
      reads: ["dockflare"],
      defaults: { access: "authentik", groups, session: "24h" },
    });

  it("every group and token that any label names is looked up, even of faulty labels", () => {
    const all = [
      labels({
        "cfauth.access.groups": '"family,,admins"',
        "cfauth.web.access.service-tokens": "backup, any",
      }),
      labels({
        "CFAuth.access.groups": "home users",
        "other.access.groups": "x",
        "cfauth.access.policies": "Friends",
      }),
    ];
    expect(referencedNames(all, spoken())).toEqual({
      groups: new Set(["family", "admins", "home users"]),
      tokens: new Set(["backup"]),
    });
  });

  it("nothing is looked up if no label names a group or token", () => {
    expect(referencedNames([labels({ "cfauth.access.service-tokens": "any" })], spoken())).toEqual({
      groups: new Set(),
      tokens: new Set(),
    });
  });

  it("default groups are looked up once there is a container with labels", () => {
    expect(referencedNames([labels({})], spoken(["family"])).groups).toEqual(new Set(["family"]));
    expect(
      referencedNames([workload({ "traefik.enable": "true" })], spoken(["family"])).groups,
    ).toEqual(new Set());
  });

  it("default groups are looked up for labels of another tool, but not the people that those labels name", () => {
    const theirs = workload({ "dockflare.enable": "true", "dockflare.access.groups": "admins" });
    expect(referencedNames([theirs], spoken(["family"])).groups).toEqual(new Set(["family"]));
  });
});
