import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import type { Workload } from "../../../src/core/domain/workload.ts";
import { CATALOGUE, ORIGIN_OPTIONS } from "../../../src/core/labels/catalogue.ts";
import type { Decoded } from "../../../src/core/plan/types.ts";
import { type Example, ORIGIN_MEANINGS, SECTIONS, TOGETHER } from "../../../tools/docs/examples.ts";
import { labelsPage } from "../../../tools/docs/page.ts";
import { authentikIs, decoded, everyone, plain, tcp, workload } from "../../support/builders.ts";
import { KNOWN } from "../core/labels/known.ts";

const PAGE = readFileSync(resolve(import.meta.dirname, "../../../docs/labels.md"), "utf8");

/** The examples on the page with their headings. Values are parsed as YAML. */
const printed = new Map(
  PAGE.split(/^##+ /m).flatMap((section) => {
    const [heading = ""] = section.split("\n");
    const [, yaml] = /```yaml\n(.*?)```/s.exec(section) ?? [];
    if (yaml === undefined) return [];
    const labels = [...yaml.matchAll(/^ {6}(cfauth\S+): (.+)$/gm)].map(
      ([, name = "", text = ""]) => [name, text.startsWith('"') ? JSON.parse(text) : text],
    );
    const networks = /^ {4}networks: \[(.*)\]$/m.exec(yaml)?.[1]?.split(", ") ?? [];
    return [
      [
        heading,
        {
          service: /^ {2}(\S+):$/m.exec(yaml)?.[1] ?? "",
          networks,
          labels: Object.fromEntries(labels),
        },
      ] as const,
    ];
  }),
);

/** What the container's labels decode to, on a machine where the names of the examples exist. */
function run(
  heading: string,
  { exposes, health = "none" }: Example,
  labels?: Workload["labels"],
): Decoded {
  const example = printed.get(heading);
  if (example === undefined) throw new Error(`docs/labels.md shows nothing under ${heading}`);
  const { service, networks } = example;
  const container = workload(labels ?? example.labels, {
    name: service,
    service: { project: "home", name: service },
    networks: Object.fromEntries(networks.map((network) => [network, { ip: "172.18.0.2" }])),
    ports: exposes.map((port) => tcp(port)),
    health,
  });
  const login = { host: "auth.example.com", path: "", container: authentikIs("authentik-server") };
  return decoded([container], { lookups: KNOWN, login });
}

const opens = ({ exposures, problems }: Decoded): readonly string[] => [
  ...exposures.map(
    ({ route, origin, protection }) =>
      `${route.hostname}${route.path ?? ""} → ${origin.service} ${protection.kind}`,
  ),
  ...problems.map(({ code }) => code),
];
const who = ({ exposures }: Decoded) =>
  exposures.map(({ protection }) => protection.kind === "authentik" && protection.audience);
const displays = ({ exposures }: Decoded) => exposures.map((it) => it.display);

/** The effect of each label in its own example: the container without the label, and as printed. */
const EFFECTS: Readonly<
  Record<
    string,
    { readonly of: (all: Decoded) => unknown; readonly without: unknown; readonly with: unknown }
  >
> = {
  hostname: {
    of: opens,
    without: [],
    with: [
      "wiki.example.com → http://wiki.tunnel:3000 authentik",
      "docs.example.com → http://wiki.tunnel:3000 authentik",
    ],
  },
  enable: {
    of: opens,
    without: [],
    with: ["wiki.example.com → http://wiki.tunnel:3000 authentik"],
  },
  port: {
    of: opens,
    without: ["CFA-PORT-MANY"],
    with: ["files.example.com → http://files.tunnel:8080 authentik"],
  },
  scheme: {
    of: opens,
    without: ["unifi.example.com → http://unifi.tunnel:8443 authentik"],
    with: ["unifi.example.com → https://unifi.tunnel:8443 authentik"],
  },
  service: {
    of: opens,
    without: ["wiki.example.com → http://wiki.tunnel:3000 authentik"],
    with: ["wiki.example.com → http://wiki.tunnel:3001 authentik"],
  },
  path: {
    of: opens,
    without: ["wiki.example.com → http://wiki.tunnel:3000 authentik"],
    with: ["wiki.example.com/api → http://wiki.tunnel:3000 authentik"],
  },
  network: {
    of: opens,
    without: ["CFA-NETWORK-MISSING"],
    with: ["wiki.example.com → http://wiki.backend:3000 authentik"],
  },
  access: {
    of: opens,
    without: ["blog.example.com → http://blog.tunnel:2368 authentik"],
    with: ["blog.example.com → http://blog.tunnel:2368 public"],
  },
  "access.groups": {
    of: who,
    without: [everyone],
    with: [{ ...everyone, groups: ["admins", "family"] }],
  },
  "access.emails": {
    of: who,
    without: [everyone],
    with: [{ ...everyone, emails: ["@example.org", "ann@example.com"] }],
  },
  "access.session": {
    of: ({ exposures }) =>
      exposures.map(({ protection }) => protection.kind === "authentik" && protection.session),
    without: ["24h"],
    with: ["168h"],
  },
  "access.bypass": {
    of: opens,
    without: ["ci.example.com → http://ci.tunnel:8000 authentik"],
    with: [
      "ci.example.com → http://ci.tunnel:8000 authentik",
      "ci.example.com/api/hook → http://ci.tunnel:8000 public",
      "ci.example.com/healthz → http://ci.tunnel:8000 public",
    ],
  },
  "access.policies": {
    of: who,
    without: [everyone],
    with: [{ ...everyone, policies: ["00000000-0000-4000-8000-000000000001"] }],
  },
  "access.service-tokens": {
    of: who,
    without: [everyone],
    with: [{ ...everyone, tokens: [{ id: "t1", name: "backup" }] }],
  },
  "app.name": { of: displays, without: [plain], with: [{ ...plain, name: "Family wiki" }] },
  "app.icon": {
    of: displays,
    without: [plain],
    with: [{ ...plain, icon: "https://example.com/wiki.png" }],
  },
  "app.description": {
    of: displays,
    without: [plain],
    with: [{ ...plain, description: "What we know" }],
  },
  "app.category": { of: displays, without: [plain], with: [{ ...plain, category: "Home" }] },
  "app.hidden": { of: displays, without: [plain], with: [{ ...plain, hidden: true }] },
  "wait-healthy": {
    of: ({ exposures }) => exposures.map(({ notReadyReason }) => notReadyReason),
    without: ["the health check of container paperless (starting)"],
    with: [undefined],
  },
  adopt: {
    of: ({ exposures }) => exposures.map(({ adopt }) => adopt),
    without: [false],
    with: [true],
  },
  "share-with": {
    of: ({ exposures }) => exposures.map(({ shareWith }) => shareWith),
    without: [[]],
    with: [["blog", "wiki"]],
  },
  "origin.*": {
    of: ({ exposures }) => exposures.map(({ origin }) => origin.options),
    without: [{}],
    with: [{ originServerName: "wiki.internal", connectTimeout: 10 }],
  },
};

it("docs/labels.md matches the code (npm run docs)", () => {
  expect(PAGE).toBe(labelsPage());
});

it("docs/labels.md shows every label and every option of cloudflared, and each has an example", () => {
  const keys = [...CATALOGUE.map(({ key }) => key), "origin.*"];
  expect([Object.keys(SECTIONS), Object.keys(EFFECTS)]).toEqual([keys, keys]);
  expect([...printed.keys()]).toEqual([...keys, ...TOGETHER.map(({ title }) => title)]);
  expect(Object.keys(ORIGIN_MEANINGS)).toEqual(Object.keys(ORIGIN_OPTIONS));
});

describe("the example of a label", () => {
  it.each(Object.entries(SECTIONS).map(([key, { example }]) => ({ key, example })))(
    "the example of $key has the described effect",
    ({ key, example }) => {
      const effect = EFFECTS[key];
      const belongs = (label: string) =>
        key === "origin.*" ? label.startsWith("cfauth.origin.") : label === `cfauth.${key}`;
      const others = Object.fromEntries(
        Object.entries(example.labels).filter(([label]) => !belongs(label)),
      );
      const as = run(key, example);
      expect(as.problems).toEqual([]);
      expect(effect?.of(as)).toEqual(effect?.with);
      expect(effect?.of(run(key, example, others))).toEqual(effect?.without);
    },
  );
});

describe("labels that work together", () => {
  it.each<{ title: string; to: readonly string[] }>([
    {
      title: "Several routes on one container",
      to: [
        "shop.example.com/admin → http://shop.tunnel:9090 authentik",
        "shop.example.com → http://shop.tunnel:8080 public",
      ],
    },
    {
      title: "Who may enter: several labels",
      to: [
        "wiki.example.com → http://wiki.tunnel:3000 authentik",
        "wiki.example.com/healthz → http://wiki.tunnel:3000 public",
      ],
    },
    {
      title: "Authentik itself",
      to: ["auth.example.com → http://authentik-server.tunnel:9000 login"],
    },
  ])("the combined labels have the described effect: $title", ({ title, to }) => {
    const example = TOGETHER.find((it) => it.title === title)?.example;
    expect(example && opens(run(title, example))).toEqual(to);
  });

  it("each kind of name in the audience admits more people", () => {
    const title = "Who may enter: several labels";
    const example = TOGETHER.find((it) => it.title === title)?.example;
    expect(example && who(run(title, example))).toEqual([
      {
        groups: ["family"],
        emails: ["ann@example.com"],
        policies: ["00000000-0000-4000-8000-000000000001"],
        tokens: [{ id: "t1", name: "backup" }],
      },
      false,
    ]);
  });
});
