import { performance } from "node:perf_hooks";
import { describe, expect, it } from "vitest";
import type { Workload } from "../../../../src/core/domain/workload.ts";
import {
  MAX_ITEMS_PER_LABEL,
  MAX_LABEL_NAME_CHARACTERS,
  MAX_LABEL_TEXT_CHARACTERS,
  MAX_LABEL_VALUE_CHARACTERS,
  MAX_LABELS_PER_CONTAINER,
  MAX_PROBLEMS_PER_CONTAINER,
  MAX_ROUTES_PER_CONTAINER,
} from "../../../../src/core/labels/limits.ts";
import { EMPTY_MEMORY } from "../../../../src/core/plan/desired-state.ts";
import { planChanges } from "../../../../src/core/plan/planner.ts";
import { computeDesired } from "../../../../src/reconcile/desired-state.ts";
import { resourceModel } from "../../../../src/resources/model.ts";
import { decoded, workload } from "../../../support/builders.ts";
import { SETTINGS } from "../../../support/in-memory-drivers.ts";
import { emptyAccount, OWNER } from "../plan/model.ts";

type Labels = Workload["labels"];

const HOST = { "cfauth.hostname": "app.example.com" };
const times = (count: number, label: (n: number) => readonly [string, string]): Labels =>
  Object.fromEntries(Array.from({ length: count }, (_, n) => label(n)));
const list = (count: number, item: (n: number) => string): string =>
  Array.from({ length: count }, (_, n) => item(n)).join(",");

/** This many labels for a fifth as many routes. */
const routes = (labels: number): Labels => {
  const keys = ["hostname", "port", "app.name", "app.description", "app.category"];
  return times(labels, (n) => {
    const [route, key = ""] = [Math.floor(n / keys.length), keys[n % keys.length]];
    return [`cfauth.r${route}.${key}`, key === "hostname" ? `r${route}.example.com` : "80"];
  });
};

/** A route with a label name of this many characters. */
const named = (length: number): Labels => {
  const [head, tail] = ["cfauth.", ".hostname"];
  return { [`${head}${"r".repeat(length - head.length - tail.length)}${tail}`]: "app.example.com" };
};

/** Labels with this many characters in total. */
const texts = (length: number): Labels => {
  const labels: Record<string, string> = { ...HOST };
  let left = length - Object.entries(HOST).flat().join("").length;
  for (let n = 10; left > 0; n += 1) {
    const name = `cfauth.r${n}.hostname`;
    // The hostname follows many spaces, which are not part of it.
    const value = `r${n}.example.com`.padEnd(
      Math.min(MAX_LABEL_VALUE_CHARACTERS, left - name.length),
    );
    if (left - name.length - value.length !== 0 && left - name.length - value.length < 100) {
      labels[name] = value.slice(0, -100);
      left -= name.length + value.length - 100;
    } else {
      labels[name] = value;
      left -= name.length + value.length;
    }
  }
  return labels;
};

const codes = (labels: Labels) => [
  ...new Set(decoded([workload(labels)]).problems.map(({ code }) => code)),
];

describe("limits of labels", () => {
  it.each([
    {
      what: "labels",
      fits: routes(MAX_LABELS_PER_CONTAINER),
      beyond: { ...routes(MAX_LABELS_PER_CONTAINER), "cfauth.r0.app.hidden": "true" },
    },
    {
      what: "characters in a name",
      fits: named(MAX_LABEL_NAME_CHARACTERS),
      beyond: named(MAX_LABEL_NAME_CHARACTERS + 1),
    },
    {
      what: "characters in a value",
      fits: { "cfauth.hostname": "app.example.com".padEnd(MAX_LABEL_VALUE_CHARACTERS) },
      beyond: { "cfauth.hostname": "app.example.com".padEnd(MAX_LABEL_VALUE_CHARACTERS + 1) },
    },
    {
      what: "items in a list",
      fits: {
        ...HOST,
        "cfauth.access.emails": list(MAX_ITEMS_PER_LABEL, (n) => `ann${n}@example.com`),
      },
      beyond: {
        ...HOST,
        "cfauth.access.emails": list(MAX_ITEMS_PER_LABEL + 1, (n) => `ann${n}@example.com`),
      },
    },
    {
      what: "characters in all",
      fits: texts(MAX_LABEL_TEXT_CHARACTERS),
      beyond: texts(MAX_LABEL_TEXT_CHARACTERS + 1),
    },
    {
      what: "routes",
      fits: times(MAX_ROUTES_PER_CONTAINER, (n) => [`cfauth.r${n}.hostname`, `r${n}.example.com`]),
      beyond: times(MAX_ROUTES_PER_CONTAINER + 1, (n) => [
        `cfauth.r${n}.hostname`,
        `r${n}.example.com`,
      ]),
    },
    {
      what: "routes by paths without a login",
      fits: {
        ...HOST,
        "cfauth.access.bypass": list(MAX_ROUTES_PER_CONTAINER - 1, (n) => `/hook${n}`),
      },
      beyond: {
        ...HOST,
        "cfauth.access.bypass": list(MAX_ROUTES_PER_CONTAINER, (n) => `/hook${n}`),
      },
    },
  ])(
    "the limit of $what is exact: one more opens nothing and is reported once",
    ({ fits, beyond }) => {
      expect(codes(fits)).not.toContain("CFA-LIMIT");
      const { exposures, problems } = decoded([workload(beyond)]);
      expect([exposures, problems.filter(({ code }) => code === "CFA-LIMIT")]).toEqual([
        [],
        [expect.objectContaining({ severity: "error", container: "app" })],
      ]);
    },
  );

  it("a container that exceeds a limit does not affect another container", () => {
    const huge = workload(
      times(10_000, (n) => [`cfauth.r${n}.hostname`, `r${n}.example.com`]),
      { name: "huge" },
    );
    const small = workload(HOST);
    const alone = decoded([small]);
    const beside = decoded([small, huge]);
    expect(beside.exposures).toEqual(alone.exposures);
    expect(beside.problems.map(({ container }) => container)).toEqual(["huge"]);
  });

  it("a container that exceeds a limit keeps its open protected routes, and its public ones if the labels still say public", () => {
    const labels = {
      ...times(10_000, (n) => [`cfauth.x${n}.app.name`, "X"]),
      "cfauth.a.hostname": "a.example.com",
      "cfauth.b.hostname": "b.example.com",
      "cfauth.b.access": "public",
    };
    const { faulty } = decoded([workload(labels)]);
    expect(
      faulty.map(({ route, saysPublic, closeNow }) => [route.hostname, saysPublic, closeNow]),
    ).toEqual([
      ["a.example.com", false, false],
      ["b.example.com", true, false],
    ]);
  });

  it("hostnames of a list that is too long are read up to the limit, so that their routes stay as they are", () => {
    const { exposures, faulty } = decoded([
      workload({ "cfauth.hostname": list(1_000, (n) => `h${n}.example.com`) }),
    ]);
    expect([exposures, faulty.length, faulty[0]?.route.hostname]).toEqual([
      [],
      MAX_ITEMS_PER_LABEL,
      "h0.example.com",
    ]);
  });
});

it("labels that the source dropped exceed the limit of that container alone, and its other labels keep open routes open", () => {
  const { exposures, faulty, problems } = decoded([
    workload({ "cfauth.hostname": "huge.example.com" }, { name: "huge", unreadLabels: 9_500 }),
    workload({}, { name: "wordless", unreadLabels: 1 }),
    workload(HOST),
  ]);
  expect(exposures.map(({ route }) => route.hostname)).toEqual(["app.example.com"]);
  expect(
    faulty.map(({ route, saysPublic, closeNow }) => [route.hostname, saysPublic, closeNow]),
  ).toEqual([["huge.example.com", false, false]]);
  expect(problems.map(({ code, container, message }) => [code, container, message])).toEqual([
    ["CFA-LIMIT", "huge", expect.stringContaining("so long that 9,500 of them are not read")],
    ["CFA-LIMIT", "wordless", expect.stringContaining("so long that 1 of them is not read")],
  ]);
});

it("a container with a thousand faults shows the first ones and the number of the others", () => {
  const { problems } = decoded([
    workload({ ...HOST, ...times(400, (n) => [`cfauth.prot${n}`, "80"]) }),
  ]);
  expect(problems).toHaveLength(MAX_PROBLEMS_PER_CONTAINER);
  expect(problems.at(-1)).toMatchObject({
    code: "CFA-LIMIT",
    message: "the labels of this container have 381 more faults, which are not shown",
  });
});

const PLAIN = Array.from({ length: 50 }, (_, n) =>
  workload({ "cfauth.hostname": `app${n}.example.com` }, { name: `app${n}` }),
);

/** From the list of containers to the plan. */
function decide(workloads: readonly Workload[]): unknown {
  const { desired } = computeDesired(
    { ...SETTINGS, domain: "example.com" },
    { graceMs: 0, startupGraceMs: 0 },
    workloads,
    withZone,
    EMPTY_MEMORY,
    0,
  );
  return planChanges(resourceModel(OWNER), desired, withZone);
}
const withZone = {
  ...emptyAccount(),
  dns: { ...emptyAccount().dns, zones: [{ id: "z", name: "example.com" }] },
};

/** The shortest of several runs, in milliseconds. */
function shortest(work: () => unknown): number {
  const runs = Array.from({ length: 5 }, () => {
    const begun = performance.now();
    work();
    return performance.now() - begun;
  });
  return Math.min(...runs);
}

/** Milliseconds of processor time of this thread: other processes on a busy machine do not count. */
function processorTime(work: () => unknown): number {
  const before = process.threadCpuUsage();
  work();
  const { user, system } = process.threadCpuUsage(before);
  return (user + system) / 1_000;
}

it.each([
  {
    what: "10,000 labels",
    labels: times(10_000, (n) => [`cfauth.r${n}.hostname`, `r${n}.example.com`]),
  },
  { what: "10,000 unknown labels", labels: times(10_000, (n) => [`cfauth.hostnane${n}`, "x"]) },
  { what: "a label name of 60 kB", labels: { [`cfauth.${"a.".repeat(30_000)}`]: "x" } },
  {
    what: "a path of 1 MB of slashes",
    labels: { ...HOST, "cfauth.path": `${"/".repeat(1_000_000)}x` },
  },
  {
    what: "a hostname of 16 kB of slashes",
    labels: { "cfauth.hostname": `${"/".repeat(16_000)}\nx` },
  },
  { what: "a value of 1 MB", labels: { ...HOST, "cfauth.app.name": "x ".repeat(500_000) } },
  {
    what: "a Homepage name of 1 MB",
    labels: { ...HOST, "homepage.name": `"${"x ".repeat(500_000)}` },
  },
  {
    what: "1,000 hostnames",
    labels: { "cfauth.hostname": list(1_000, (n) => `h${n}.example.com`) },
  },
  {
    what: "1,000 bypass paths",
    labels: { ...HOST, "cfauth.access.bypass": list(1_000, (n) => `/p${n}`) },
  },
  {
    what: "1,000 groups",
    labels: { ...HOST, "cfauth.access.groups": list(1_000, (n) => `group ${n}`) },
  },
])("fifty containers are read as fast beside one with $what", ({ what, labels }) => {
  const alone = shortest(() => decide(PLAIN));
  const withHuge = () => decide([...PLAIN, workload(labels, { name: "huge" })]);
  const beside = shortest(withHuge);
  console.log(
    `figure: 50 containers are decided on and planned in ${alone.toFixed(1)} ms, beside one with ${what} in ${beside.toFixed(1)} ms`,
  );
  // Without limits this takes seconds to minutes. One second of processor time holds on any machine.
  expect(processorTime(withHuge)).toBeLessThan(1_000);
});
